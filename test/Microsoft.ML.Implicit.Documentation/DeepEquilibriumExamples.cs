using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Documentation;

/// <summary>The code of docs/deep-equilibrium.md.</summary>
[TestClass]
public sealed class DeepEquilibriumExamples
{
    private readonly MLContext ml = new(seed: 1);

    [TestMethod]
    public void Images_have_a_shape()
    {
        var progress = new Progress<TrainingProgress>();
        CancellationToken token = CancellationToken.None;
        var options = new DeepEquilibriumOptions
        {
            Cell = EquilibriumCellKind.MultiscaleConvolutional,
            Image = new ImageShape(Channels: 1, Height: 28, Width: 28),
            Training = { Device = "auto", Progress = progress, CancellationToken = token, Seed = 7 },
        };

        Assert.AreEqual(784, options.Image?.Length);
        Assert.IsNotNull(ml.MulticlassClassification.Trainers.DeepEquilibrium(options));
    }

    [TestMethod]
    public void Every_task_has_its_trainer()
    {
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var binary = ml.BinaryClassification.Trainers.DeepEquilibrium(labelColumnName: "Defaulted", featureColumnName: "Features");
        var regression = ml.Regression.Trainers.DeepEquilibrium(labelColumnName: "Strength", featureColumnName: "Features");
        var byOptions = ml.MulticlassClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { HiddenWidth = 256, Training = { Device = "auto" } });
        var stable = ml.BinaryClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 10 });
        var quick = ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 1, Training = { MaximumEpochs = 50 } });

        Assert.IsNotNull(pipeline);
        Assert.IsNotNull(binary.Info);
        Assert.IsNotNull(regression.Info);
        Assert.AreEqual(byOptions.Info.WantCaching, stable.Info.WantCaching);
        Assert.IsNotNull(quick.Info);
    }

    [TestMethod]
    public void A_model_is_cross_validated_and_its_features_are_weighed()
    {
        IDataView data = ml.Data.LoadFromTextFile<Mix>("concrete.csv", separatorChar: ',', hasHeader: true);
        IDataView train = ml.Data.TakeRows(data, 200);
        var options = new DeepEquilibriumOptions { EnsembleSize = 1, HiddenWidth = 32 };
        options.Training.MaximumEpochs = 2;

        var trainer = ml.Regression.Trainers.DeepEquilibrium(options);
        var folds = ml.Regression.CrossValidate(train, trainer, numberOfFolds: 3);
        Console.WriteLine(folds.Average(fold => fold.Metrics.RSquared));

        DeepEquilibriumTransformer model = trainer.Fit(train);
        var importance = ml.Regression.PermutationFeatureImportance(model, model.Transform(train), permutationCount: 1);
        for (int slot = 0; slot < importance.Length; slot++)
        {
            Console.WriteLine($"feature {slot}: {importance[slot].RSquared.Mean:F3}");
        }

        Assert.HasCount(3, folds);
        Assert.AreEqual(8, importance.Length);
        Assert.AreEqual(1, model.Model.EnsembleSize);
    }
}
