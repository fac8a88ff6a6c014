using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Documentation;

/// <summary>The first program of the README and of docs/getting-started.md, and what follows it there.</summary>
[TestClass]
public sealed class GettingStarted
{
    [TestMethod]
    public void The_first_program_trains_saves_loads_and_predicts()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromTextFile<Flower>("iris.csv", separatorChar: ',', hasHeader: true);
        var split = ml.Data.TrainTestSplit(data, testFraction: 0.2);

        ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(split.TrainSet);
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        Console.WriteLine($"accuracy {metrics.MicroAccuracy:P1}, log-loss {metrics.LogLoss:F3}");

        ml.Model.Save(model, data.Schema, "model.zip");
        ITransformer loaded = ml.Model.Load("model.zip", out _);
        var engine = ml.Model.CreatePredictionEngine<Flower, FlowerPrediction>(loaded);
        FlowerPrediction prediction = engine.Predict(new Flower { Features = [6.1f, 2.8f, 4.7f, 1.2f] });
        Console.WriteLine($"{prediction.PredictedLabel}, probability {prediction.Score.Max():P1}");

        using var other = ml.Model.CreatePredictionEngine<Flower, FlowerPrediction>(loaded, new PredictionEngineOptions { OwnsTransformer = false });

        Assert.IsGreaterThan(0.9, metrics.MicroAccuracy);
        Assert.AreEqual("versicolor", prediction.PredictedLabel);
    }

    [TestMethod]
    public async Task Training_reports_progress_and_can_be_cancelled()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromTextFile<Mix>("concrete.csv", separatorChar: ',', hasHeader: true);
        var split = ml.Data.TrainTestSplit(data, testFraction: 0.2);

        using var cancellation = new CancellationTokenSource();
        var options = new DeepEquilibriumOptions
        {
            Training =
            {
                Device = "auto",
                Seed = 7,
                Progress = new Progress<TrainingProgress>(p => Console.WriteLine($"{p.Epoch} of {p.MaximumEpochs}: {p.TrainingLoss:F3}")),
                CancellationToken = cancellation.Token,
                OnCancellation = CancellationBehavior.ReturnBestModel,
                CheckpointPath = "concrete.training",
            },
        };

        options.Training.MaximumEpochs = 2;
        options.Training.Device = "cpu";

        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(split.TrainSet, split.TestSet);
        RegressionMetrics metrics = ml.Regression.Evaluate(model.Transform(split.TestSet));

        Assert.AreEqual(8, model.Model.FeatureCount);
        Assert.IsTrue(double.IsFinite(metrics.RootMeanSquaredError));
        Assert.IsFalse(File.Exists("concrete.training"));
        await cancellation.CancelAsync();
        options.Training.OnCancellation = CancellationBehavior.Throw;
        Assert.ThrowsExactly<OperationCanceledException>(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(split.TrainSet));
    }
}

public class Flower
{
    [LoadColumn(0, 3), VectorType(4)]
    public float[] Features { get; set; } = [];

    [LoadColumn(4)]
    public string Label { get; set; } = "";
}

public class FlowerPrediction
{
    public string PredictedLabel { get; set; } = "";
    public float[] Score { get; set; } = [];
}

public class Mix
{
    [LoadColumn(0, 7), VectorType(8)]
    public float[] Features { get; set; } = [];

    [LoadColumn(8)]
    public float Label { get; set; }
}
