using CsCheck;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>How many training rows are flagged.</summary>
[TestClass]
public sealed class AnomalyThresholdTests
{
    [TestMethod]
    public void No_more_scores_than_the_contamination_allows_reach_the_threshold_even_if_they_move_within_the_tolerance()
    {
        Gen<float> score = Gen.OneOf(Gen.Int[-3, 3].Select(value => (float)value), Gen.Float[-50, 50], Gen.Double[-2, 7].Select(power => (float)Math.Pow(10, power)));
        Gen.Select(score.Array[1, 200], Gen.OneOf(Gen.Double[0, 0.5], Gen.OneOf([.. new[] { 0, 0.01, 0.05, 0.1, 0.3, 0.5 }.Select(Gen.Const)])), Gen.OneOf([.. new[] { 1e-6, 1e-4, 1e-2 }.Select(Gen.Const)]), Gen.Int[0, int.MaxValue])
            .Sample((scores, contamination, tolerance, seed) =>
            {
                float threshold = AnomalyThreshold.Of(scores, contamination, tolerance);
                Assert.IsLessThanOrEqualTo(contamination * scores.Length, scores.Count(value => value >= threshold));
                var random = new Random(seed);
                Assert.IsLessThanOrEqualTo(contamination * scores.Length, scores.Count(value => (float)(value + (0.9 * tolerance * random.NextDouble())) >= threshold));
            });
    }

    [TestMethod]
    public void As_many_scores_as_the_contamination_allows_are_flagged_where_they_lie_apart()
    {
        float[] scores = [.. Enumerable.Range(0, 1000).Select(i => (i * 7919) % 1000 * 0.01f)];
        foreach (double contamination in new[] { 0, 0.001, 0.05, 0.1, 0.123, 0.5 })
        {
            Assert.AreEqual((int)(contamination * 1000), scores.Count(score => score >= AnomalyThreshold.Of(scores, contamination, 1e-4)));
        }
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(5)]
    [DataRow(10)]
    [DataRow(19)]
    [DataRow(20)]
    [DataRow(21)]
    [DataRow(40)]
    [DataRow(1100)]
    public void Where_all_rows_are_equal_none_is_an_anomaly(int count)
    {
        float[][] rows = [.. Enumerable.Repeat(new[] { 7f }, count)];
        AssertFlagged(0, rows, contamination: 0.1);
    }

    [TestMethod]
    public void Rows_of_equal_score_are_all_anomalies_or_none()
    {
        AssertFlagged(0, [[4112], [4117], [4117], [4117], [4112], [4112]], contamination: 0.05);
        AssertFlagged(0, [[4112], [4117], [4117], [4117], [4112], [4112]], contamination: 0.1);
        AssertFlagged(0, [.. Enumerable.Range(0, 300).Select(i => new[] { (float)(i % 3) })], contamination: 0.3);
    }

    [TestMethod]
    [DataRow(37, 0.0, AnomalyScoring.LogDensity)]
    [DataRow(37, 0.1, AnomalyScoring.PolarLogDensity)]
    [DataRow(400, 0.05, AnomalyScoring.PolarLogDensity)]
    [DataRow(1100, 0.1, AnomalyScoring.LogDensity)]
    [DataRow(1100, 0.5, AnomalyScoring.LogDensity)]
    public void Of_all_training_rows_in_any_order_the_contamination_is_flagged(int count, double contamination, AnomalyScoring scoring) =>
        AssertFlagged((int)(contamination * count), ToyData.Lumps(count, 1), contamination, scoring, missing: 2);

    // Up to so many fewer may be flagged, whose scores are equal to others' to within the tolerance.
    private static void AssertFlagged(int expected, float[][] rows, double contamination, AnomalyScoring scoring = AnomalyScoring.LogDensity, int missing = 0)
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 1);
        options.Contamination = contamination;
        options.Scoring = scoring;
        NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, rows));
        foreach (IEnumerable<float[]> order in new[] { rows, rows.Reverse(), rows.Skip(1).Concat(rows.Take(1)) })
        {
            AssertCount(model.Transform(ToyData.View(ml, order)).GetColumn<bool>("PredictedLabel"));
        }

        if (rows.Length > 400)
        {
            model.Dispose();
            return;
        }

        SchemaDefinition schema = SchemaDefinition.Create(typeof(ToyData.Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Length);
        using PredictionEngine<ToyData.Row, ToyData.Prediction> engine = ml.Model.CreatePredictionEngine<ToyData.Row, ToyData.Prediction>(model, inputSchemaDefinition: schema);
        AssertCount(rows.Select(row => engine.Predict(new ToyData.Row { Features = row }).PredictedLabel));

        void AssertCount(IEnumerable<bool> flags) => Assert.IsInRange(Math.Max(0, expected - missing), expected, flags.Count(flag => flag));
    }
}
