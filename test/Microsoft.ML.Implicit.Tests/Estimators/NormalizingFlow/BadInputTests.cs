using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

[TestClass]
public sealed class BadInputTests
{
    [TestMethod]
    public void An_unknown_column_or_one_of_the_wrong_type_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(20, 1));
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow("Fetures").Fit(data), "Fetures");
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow("Label").Fit(data), "Label");
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(exampleWeightColumnName: "Weight").Fit(data), "Weight");
    }

    [TestMethod]
    public void A_constant_feature_leaves_densities_finite_and_makes_other_values_anomalies()
    {
        float[] scores = TrainAndScore(ToyData.Lumps(200, 1).Select(r => new[] { r[0], 7f }), [[-200, 7], [-200, 7.5f]]);
        Assert.IsTrue(scores.All(float.IsFinite));
        Assert.IsGreaterThan(scores[0] + 5, scores[1]);
    }

    [TestMethod]
    public void Large_constants_leave_densities_finite()
    {
        Assert.IsTrue(TrainAndScore(ToyData.Lumps(200, 1).Select(r => new[] { r[0], 1e17f, -1e30f }), [[-200, 1e17f, -1e30f]]).All(float.IsFinite));
    }

    [TestMethod]
    public void Duplicate_features_leave_densities_finite_and_make_unequal_values_anomalies()
    {
        float[] scores = TrainAndScore(ToyData.Lumps(200, 1).Select(r => new[] { r[0], r[0] }), [[-200, -200], [-200, 300]]);
        Assert.IsTrue(scores.All(float.IsFinite));
        Assert.IsGreaterThan(scores[0] + 5, scores[1]);
    }

    [TestMethod]
    public void Fewer_rows_than_features_leave_densities_finite()
    {
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, 12).Select(_ => (float)random.NextDouble()).ToArray())];
        Assert.IsTrue(TrainAndScore(rows, rows).All(float.IsFinite));
    }

    [TestMethod]
    public void A_single_row_leaves_its_density_finite()
    {
        Assert.IsTrue(TrainAndScore([[1, 2]], [[1, 2], [3, 4]]).All(float.IsFinite));
    }

    [TestMethod]
    public void A_missing_or_infinite_feature_is_named_by_slot_and_row()
    {
        foreach (float value in new[] { float.NaN, float.NegativeInfinity })
        {
            var ml = new MLContext(seed: 1);
            IDataView data = ToyData.View(ml, Enumerable.Range(0, 20).Select(i => new[] { i, i == 13 ? value : 1 }));
            AssertThrows<InvalidOperationException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow().Fit(data), "slot 1, row 13");
        }
    }

    [TestMethod]
    public void Empty_data_is_refused()
    {
        var ml = new MLContext(seed: 1);
        AssertThrows<InvalidOperationException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow().Fit(ToyData.View(ml, [])), "no rows");
    }

    [TestMethod]
    public void More_features_than_a_flow_takes_are_refused_by_column_and_limit()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, Enumerable.Repeat(new float[100_000], 2), Enumerable.Repeat(new float[10_001], 2));
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow().Fit(data), "'Features', which FeatureColumnName names, has 100,000 slots; a flow takes at most 10,000");
        AssertThrows<ArgumentException>(() => ml.Transforms.NormalizingFlow(new NormalizingFlowOptions()).Fit(data), "'Features', which FeatureColumnName names, has 100,000 slots");
        IDataView narrow = ToyData.View(ml, Enumerable.Repeat(new float[3], 2), Enumerable.Repeat(new float[10_001], 2));
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { ContextColumnName = "Context" }).Fit(narrow), "10,001 slots");
    }

    [TestMethod]
    public void Scoring_features_of_another_length_is_refused()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create(epochs: 1)).Fit(ToyData.View(ml, ToyData.Lumps(20, 1)));
        AssertThrows<ArgumentException>(() => model.Transform(ToyData.View(ml, [[1, 2, 3]])), "Features");
        AssertThrows<ArgumentException>(() => model.Model.LogDensity([1, 2, 3], new double[1]), "3 values");
    }

    [TestMethod]
    public void A_setting_out_of_range_is_named()
    {
        var ml = new MLContext(seed: 1);
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(contamination: 0.9), "Contamination");
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { HiddenWidth = 0 }), "HiddenWidth");
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { Tolerance = 0 }), "Tolerance");
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { Smoothing = -1 }), "Smoothing");
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { KineticPenalty = double.NaN }), "KineticPenalty");
        AssertThrows<ArgumentException>(
            () => ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions
            {
                Scoring = AnomalyScoring.PolarLogDensity,
                ManifoldFeatures = [ManifoldFeature.UnitVector(firstSlot: 0, length: 3)],
            }),
            "Scoring");
    }

    [TestMethod]
    public void An_unknown_device_is_refused_by_name()
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create();
        options.Training.Device = "tpu";
        AssertThrows<ArgumentException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, ToyData.Lumps(20, 1))), "tpu");
    }

    private static float[] TrainAndScore(IEnumerable<float[]> training, IEnumerable<float[]> test)
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create(epochs: 20)).Fit(ToyData.View(ml, training));
        return Scored.Values(model.Transform(ToyData.View(ml, test)));
    }

    private static void AssertThrows<T>(Action action, string fragment)
        where T : Exception
    {
        T exception = Assert.Throws<T>(action);
        StringAssert.Contains(exception.Message, fragment, StringComparison.Ordinal);
    }
}
