using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Documentation;

/// <summary>The code of docs/density-and-anomaly.md.</summary>
[TestClass]
public sealed class DensityExamples
{
    [TestMethod]
    public void Rows_of_low_density_are_flagged()
    {
        var ml = new MLContext(seed: 1);
        IDataView flowers = ml.Data.LoadFromTextFile<Flower>("iris.csv", separatorChar: ',', hasHeader: true);
        IDataView rows = ml.Data.ShuffleRows(flowers, seed: 1);
        IDataView normal = ml.Data.TakeRows(rows, 120);
        var options = new NormalizingFlowOptions { Contamination = 0.05 };
        MakeQuick(options);

        NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(normal);
        foreach (Screening row in ml.Data.CreateEnumerable<Screening>(model.Transform(rows), reuseRowObject: false).Where(row => row.PredictedLabel))
        {
            Console.WriteLine($"{string.Join(' ', row.Features)}: score {row.Score:F2}, log density {row.LogDensity:F2}");
        }

        Screening[] screened = [.. ml.Data.CreateEnumerable<Screening>(model.Transform(normal), reuseRowObject: false)];
        Assert.IsLessThanOrEqualTo(6, screened.Count(row => row.PredictedLabel));
        Assert.IsTrue(screened.All(row => row.Score + row.LogDensity > -1e-3), "distances add to the negative log density");
        Assert.IsTrue(screened.All(row => row.ScoreQuantile is >= 0 and <= 1));

        foreach (Explained row in ml.Data.CreateEnumerable<Explained>(model.Model.ExplainScores(rows), reuseRowObject: false).Take(3))
        {
            int culprit = Array.IndexOf(row.FeatureContributions, row.FeatureContributions.Max());
            Console.WriteLine($"feature {culprit} adds {row.FeatureContributions[culprit]:F2}: it is {row.Features[culprit]}, where a row like it has {row.TypicalRow[culprit]:F2}");
        }

        NormalizingFlowTransformer stricter = ml.AnomalyDetection.ChangeModelThreshold(model, threshold: model.Model.Threshold + 2);

        Assert.AreEqual(model.Model.Threshold + 2, stricter.Model.Threshold, 1e-5f);

        NormalizingFlowModelParameters density = model.Model;
        float[] drawn = density.Sample(count: 100, seed: 1);
        double[] logDensities = density.LogDensity(normal);
        float[,] quantiles = density.MarginalQuantiles([0.05, 0.5, 0.95], sampleCount: 1000);
        Console.WriteLine($"first feature: median {quantiles[0, 1]:F2}, 90 % from {quantiles[0, 0]:F2} to {quantiles[0, 2]:F2}");

        Assert.HasCount(400, drawn);
        Assert.HasCount(120, logDensities);
        Assert.IsTrue(quantiles[0, 0] < quantiles[0, 1] && quantiles[0, 1] < quantiles[0, 2]);
    }

    [TestMethod]
    public void Anomaly_detectors_are_cross_validated()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView all = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 150).Select(i => new Known { Features = [random.NextSingle() + (i % 10 == 0 ? 2 : 0), random.NextSingle()], IsRare = i % 10 == 0 ? 1 : 0 }).ToArray());
        var options = new NormalizingFlowOptions();
        MakeQuick(options);

        double[] areas = [.. ml.Data.CrossValidationSplit(all, numberOfFolds: 3).Select(fold =>
        {
            IDataView normalRows = ml.Data.FilterRowsByColumn(fold.TrainSet, "IsRare", upperBound: 0.5);
            using NormalizingFlowTransformer detector = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(normalRows);
            return ml.AnomalyDetection.Evaluate(detector.Transform(fold.TestSet), labelColumnName: "IsRare", falsePositiveCount: 1).AreaUnderRocCurve;
        })];
        Console.WriteLine($"area under the ROC curve {areas.Average():F3}");

        Assert.HasCount(3, areas);
        Assert.IsGreaterThan(0.95, areas.Average());
    }

    private sealed class Known
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float IsRare { get; set; }
    }

    [TestMethod]
    public void Latent_vectors_lead_back()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromTextFile<Flower>("iris.csv", separatorChar: ',', hasHeader: true);
        var options = new NormalizingFlowOptions();
        MakeQuick(options);

        LatentTransformer encoder = ml.Transforms.NormalizingFlow(options, outputColumnName: "Latent").Fit(data);
        IDataView latent = encoder.Transform(data);
        IDataView restored = encoder.CreateInverse("Restored").Transform(latent);

        float[][] features = [.. restored.GetColumn<float[]>("Features")];
        float[][] back = [.. restored.GetColumn<float[]>("Restored")];
        Assert.AreEqual(features[7][2], back[7][2], 1e-2f);
    }

    [TestMethod]
    public void A_density_can_depend_on_a_context()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 120).Select(i => new Reading { Hour = [i % 24], Load = [(i % 24) + random.NextSingle(), random.NextSingle()] }).ToArray());
        var options = new NormalizingFlowOptions { FeatureColumnName = "Load", ContextColumnName = "Hour" };
        MakeQuick(options);

        NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
        float[] loadsAtNoon = model.Model.ConditionalSample([12], count: 50, seed: 1);

        Assert.HasCount(100, loadsAtNoon);
    }

    [TestMethod]
    public void Directions_are_marked()
    {
        var ml = new MLContext(seed: 1);
        var detector = ml.Transforms.Concatenate("Features", "Position", "Heading", "Speed")
            .Append(ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions
            {
                ManifoldFeatures = [ManifoldFeature.UnitVector(firstSlot: 0, length: 3), ManifoldFeature.Angle("Heading", period: 360)],
            }));

        var options = new NormalizingFlowOptions
        {
            ManifoldFeatures = [ManifoldFeature.Angle("Heading", period: 360), ManifoldFeature.UnitVector("X", "Y", "Z")],
        };

        ColumnAssert.Needs("Position", detector);
        Assert.HasCount(2, options.ManifoldFeatures);
    }

    [TestMethod]
    public void The_short_forms_name_their_columns()
    {
        var ml = new MLContext(seed: 1);
        var detector = ml.AnomalyDetection.Trainers.NormalizingFlow(contamination: 0.05);   // Score, ScoreQuantile, PredictedLabel, LogDensity
        var features = ml.Transforms.NormalizingFlow(outputColumnName: "Latent");           // latent vectors as features, with inverse
        var byLength = ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { Scoring = AnomalyScoring.PolarLogDensity });

        var pipeline = ml.Transforms.Concatenate("Features", "Radius", "Texture")
            .Append(ml.AnomalyDetection.Trainers.NormalizingFlow(contamination: 0.01));

        ColumnAssert.Needs("Features", detector);
        ColumnAssert.Needs("Features", features);
        ColumnAssert.Needs("Features", byLength);
        Assert.IsNotNull(pipeline);
    }

    private static void MakeQuick(NormalizingFlowOptions options)
    {
        options.HiddenWidth = 16;
        options.Training.MaximumEpochs = 2;
    }

    public class Screening
    {
        public float[] Features { get; set; } = [];
        public bool PredictedLabel { get; set; }
        public float Score { get; set; }
        public float LogDensity { get; set; }
        public float ScoreQuantile { get; set; }
    }

    public class Explained
    {
        public float[] Features { get; set; } = [];
        public float[] FeatureContributions { get; set; } = [];
        public float[] TypicalRow { get; set; } = [];
    }

    private sealed class Reading
    {
        [VectorType(1)]
        public float[] Hour { get; set; } = [];

        [VectorType(2)]
        public float[] Load { get; set; } = [];
    }
}
