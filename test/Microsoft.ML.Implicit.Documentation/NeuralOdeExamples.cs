using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Documentation;

/// <summary>The code of docs/neural-ode.md.</summary>
[TestClass]
public sealed class NeuralOdeExamples
{
    [TestMethod]
    public void Every_task_has_its_trainer()
    {
        var ml = new MLContext(seed: 1);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.NeuralOde())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var binary = ml.BinaryClassification.Trainers.NeuralOde(labelColumnName: "Defaulted");
        var regression = ml.Regression.Trainers.NeuralOde(labelColumnName: "Strength");
        var ode = ml.BinaryClassification.Trainers.NeuralOde(labelColumnName: "Defaulted", featureColumnName: "Features");
        var number = ml.Regression.Trainers.NeuralOde(labelColumnName: "Strength", featureColumnName: "Features");
        var augmented = ml.MulticlassClassification.Trainers.NeuralOde(new NeuralOdeOptions { AugmentedDimensions = 5, EvaluationColumnName = "Evaluations" });
        var regular = ml.BinaryClassification.Trainers.NeuralOde(new NeuralOdeOptions { KineticPenalty = 0.1, JacobianPenalty = 0.1 });
        var random = ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { EndTimeSpread = 0.5, Tolerance = 1e-4 });

        ColumnAssert.Needs("Label", pipeline);
        ColumnAssert.Needs("Features", binary);
        ColumnAssert.Needs("Features", regression);
        ColumnAssert.Needs("Features", ode);
        ColumnAssert.Needs("Features", number);
        ColumnAssert.Needs("Features", augmented);
        ColumnAssert.Needs("Features", regular);
        ColumnAssert.Needs("Features", random);
    }

    [TestMethod]
    public void Signals_are_images_of_one_row()
    {
        var ml = new MLContext(seed: 1);
        var signals = new NeuralOdeOptions
        {
            Field = OdeFieldKind.Convolutional,
            Image = new ImageShape(Channels: 1, Height: 1, Width: 40),
            MaximumImageShift = 2,
        };

        Assert.AreEqual(40, signals.Image?.Length);
        ColumnAssert.Needs("Features", ml.MulticlassClassification.Trainers.NeuralOde(signals));
    }

    [TestMethod]
    public void Evaluations_are_counted_a_row()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Rings(ml, 40), test = Rings(ml, 10);
        var options = new NeuralOdeOptions { StateWidth = 0, AugmentedDimensions = 1, EvaluationColumnName = "Evaluations", EnsembleSize = 1 };
        options.Training.MaximumEpochs = 2;

        NeuralOdeTransformer model = ml.BinaryClassification.Trainers.NeuralOde(options).Fit(train);
        float[] evaluations = model.Transform(test).GetColumn<float>("Evaluations").ToArray();
        Console.WriteLine($"{evaluations.Average():F1} evaluations a row");

        Assert.IsTrue(evaluations.All(count => count >= 5));
        NeuralOdeTransformer binaryModel = model;
        NeuralOdeTransformer cautious = ml.BinaryClassification.ChangeModelThreshold(binaryModel, threshold: 1.5f);
        Assert.AreSequenceEqual([.. model.Transform(test).GetColumn<float>("Score")], cautious.Transform(test).GetColumn<float>("Score").ToArray());
    }

    private static IDataView Rings(MLContext ml, int count) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Ring
    {
        Features = [(float)Math.Cos(i) * (i % 2 == 0 ? 0.4f : 1.2f), (float)Math.Sin(i) * (i % 2 == 0 ? 0.4f : 1.2f)],
        Label = i % 2 == 0,
    }).ToArray());

    private sealed class Ring
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }
}
