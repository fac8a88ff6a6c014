using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Documentation;

/// <summary>The code of docs/deep-equilibrium.md.</summary>
[TestClass]
public sealed class DeepEquilibriumExamples
{
    [TestMethod]
    public void Images_have_a_shape()
    {
        var ml = new MLContext(seed: 1);
        var progress = new Progress<TrainingProgress>();
        CancellationToken token = CancellationToken.None;
        var options = new DeepEquilibriumOptions
        {
            Cell = EquilibriumCellKind.MultiscaleConvolutional,
            Image = new ImageShape(Channels: 1, Height: 28, Width: 28),
            Training = { Device = "auto", Progress = progress, CancellationToken = token, Seed = 7 },
        };

        Assert.AreEqual(784, options.Image?.Length);
        ColumnAssert.Needs("Features", ml.MulticlassClassification.Trainers.DeepEquilibrium(options));
    }

    [TestMethod]
    public void Every_task_has_its_trainer()
    {
        var ml = new MLContext(seed: 1);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var binary = ml.BinaryClassification.Trainers.DeepEquilibrium(labelColumnName: "Defaulted", featureColumnName: "Features");
        var regression = ml.Regression.Trainers.DeepEquilibrium(labelColumnName: "Strength", featureColumnName: "Features");
        var byOptions = ml.MulticlassClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { HiddenWidth = 256, Training = { Device = "auto" } });
        var stable = ml.BinaryClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 10 });
        var quick = ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 1, Training = { MaximumEpochs = 50 } });

        ColumnAssert.Needs("Street", Houses(ml));
        ColumnAssert.Needs("Label", pipeline);
        ColumnAssert.Needs("Features", binary);
        ColumnAssert.Needs("Features", regression);
        ColumnAssert.Needs("IsMalignant", Tumours(ml));
        ColumnAssert.Needs("Strength", Mixes(ml));
        ColumnAssert.Needs("Features", byOptions);
        ColumnAssert.Needs("Features", stable);
        ColumnAssert.Needs("Features", quick);
    }

    [TestMethod]
    public void Binary_models_have_a_threshold_and_make_up_others()
    {
        var ml = new MLContext(seed: 1);
        var oneVersusAll = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.DeepEquilibrium());
        var pairwise = ml.MulticlassClassification.Trainers.PairwiseCoupling(ml.BinaryClassification.Trainers.DeepEquilibrium());

        ColumnAssert.Needs("Label", oneVersusAll);
        ColumnAssert.Needs("Label", pairwise);

        IDataView train = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Marked { Features = [i], Label = i > 20 }).ToArray());
        var options = new DeepEquilibriumOptions { EnsembleSize = 1, HiddenWidth = 8, Training = { MaximumEpochs = 2 } };
        DeepEquilibriumTransformer binaryModel = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(train);
        DeepEquilibriumTransformer cautious = ml.BinaryClassification.ChangeModelThreshold(binaryModel, threshold: 1.5f);

        bool[] expected = [.. cautious.Transform(train).GetColumn<float>("Score").Select(score => score > 1.5f)];
        Assert.AreSequenceEqual(expected, [.. cautious.Transform(train).GetColumn<bool>("PredictedLabel")]);
    }

    private sealed class Marked
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private static IEstimator<ITransformer> Tumours(MLContext ml)
    {
        var pipeline = ml.Transforms.Concatenate("Features", "Radius", "Texture")
            .Append(ml.BinaryClassification.Trainers.DeepEquilibrium(labelColumnName: "IsMalignant"));

        return pipeline;
    }

    private static IEstimator<ITransformer> Houses(MLContext ml)
    {
        var options = new DeepEquilibriumOptions { LabelColumnName = "Price", EmbedCategories = true };
        var pipeline = ml.Transforms.Categorical.OneHotEncoding("Street")
            .Append(ml.Transforms.Concatenate("Features", "Area", "Rooms", "Street"))
            .Append(ml.Regression.Trainers.DeepEquilibrium(options));

        return pipeline;
    }

    private static IEstimator<ITransformer> Mixes(MLContext ml)
    {
        var pipeline = ml.Transforms.Concatenate("Features", "Cement", "Water", "Age")
            .Append(ml.Regression.Trainers.DeepEquilibrium(labelColumnName: "Strength"));

        return pipeline;
    }

    [TestMethod]
    public void A_model_is_cross_validated_and_its_features_are_weighed()
    {
        var ml = new MLContext(seed: 1);
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

        IDataView newRows = ml.Data.SkipRows(data, 800);
        DeepEquilibriumTransformer updated = trainer.Fit(newRows, initialModel: model.Model);
        Console.WriteLine(updated.Model.Training);
        Console.WriteLine(model.Model);

        Assert.AreEqual(model.Model.ParameterCount, updated.Model.ParameterCount);
        Assert.HasCount(3, folds);
        Assert.AreEqual(8, importance.Length);
        Assert.AreEqual(1, model.Model.EnsembleSize);
    }
}
