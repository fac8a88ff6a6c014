using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

[TestClass]
public class AnomalyScoringTests
{
    [TestMethod]
    public void The_score_adds_the_distance_to_the_second_nearest_other_training_row_in_units_of_deviations()
    {
        var ml = new MLContext(seed: 1);
        float[][] training = ToyData.Lumps(60, 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, training));
        float[][] rows = [.. training.Take(20), .. ToyData.Lumps(20, 2)];

        double[] expected = Array.ConvertAll(rows, row => Distance(row, training.Where(other => !ReferenceEquals(other, row)), training));
        double[] shares = [.. Extra(model, ToyData.View(ml, rows)).Zip(expected, (extra, distance) => extra / distance)];
        Assert.IsTrue(shares[0] > 0);
        Array.ForEach(shares, share => Assert.AreEqual(1, share / shares[0], 1e-3));

        double[] own = Array.ConvertAll(training, row => Distance(row, training.Where(other => !ReferenceEquals(other, row)), training));
        double[] logDensities = model.Model.LogDensity(ToyData.View(ml, training));
        Assert.AreEqual(4, shares[0] * Deviation(own) / Deviation(logDensities), 1e-3);
    }

    [TestMethod]
    public void Distances_between_angles_and_contexts_count_too()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 60).Select(_ => new[] { (float)ToyData.Normal(random), (float)((360 + (10 * ToyData.Normal(random))) % 360) })];
        float[][] contexts = [.. rows.Select(_ => new[] { (float)ToyData.Normal(random) })];
        NormalizingFlowOptions options = QuickOptions.Create();
        options.ManifoldFeatures = [ManifoldFeature.Angle(1, period: 360)];
        options.ContextColumnName = "Context";
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, rows, contexts));

        double[] extra = Extra(model, ToyData.View(ml, [[0, 0.5f], [0, 359.5f], [0, 180], [0, 0.5f]], [[0], [0], [0], [30]]));
        Assert.AreEqual(1, extra[1] / extra[0], 0.5);
        Assert.IsTrue(extra[2] > 3 * extra[0], "half a turn away");
        Assert.IsTrue(extra[3] > 3 * extra[0], "another context");
    }

    [TestMethod]
    public void Rows_that_are_all_the_same_have_scores()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, Enumerable.Repeat(new float[] { 3, 4 }, 20));
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(data);
        Assert.IsTrue(Scored.Values(model.Transform(data)).All(float.IsFinite));
        Assert.IsTrue(Scored.Values(model.Transform(data), "ScoreQuantile").All(quantile => quantile is > 0.5f and <= 1));
    }

    [TestMethod]
    public void Units_and_the_order_of_rows_do_not_change_distances()
    {
        var ml = new MLContext(seed: 1);
        float[][] training = ToyData.Lumps(60, 1), rows = ToyData.Lumps(20, 2);
        double[] expected = Extra(Fit(training), ToyData.View(ml, rows));
        double[] inOtherUnits = Extra(Fit([.. training.Select(Scale)]), ToyData.View(ml, rows.Select(Scale)));
        double ratio = inOtherUnits[0] / expected[0];
        for (int row = 0; row < rows.Length; row++)
        {
            Assert.AreEqual(ratio, inOtherUnits[row] / expected[row], 1e-3 * ratio);
        }

        static float[] Scale(float[] row) => [1000 * row[0], row[1] / 1000];

        NormalizingFlowTransformer Fit(float[][] all) => ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, all));
    }

    [TestMethod]
    public void The_quantile_of_a_score_is_its_rank_among_training_rows_and_rises_beyond_them()
    {
        var ml = new MLContext(seed: 1);
        float[][] training = ToyData.Lumps(400, 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, training));
        IDataView scored = model.Transform(ToyData.View(ml, training));
        float[] scores = Scored.Values(scored), quantiles = Scored.Values(scored, "ScoreQuantile");
        for (int row = 0; row < scores.Length; row++)
        {
            double rank = scores.Count(score => score <= scores[row]) / 401.0;
            Assert.AreEqual(rank, quantiles[row], rank < 0.95 ? 0.01 : 0.05);
        }

        IDataView outside = model.Transform(ToyData.View(ml, [[600, 0.5f], [900, 0.5f], [float.NaN, 0.5f]]));
        float[] beyond = Scored.Values(outside, "ScoreQuantile");
        Assert.IsTrue(beyond[0] > 0.95f && beyond[0] <= beyond[1] && beyond[1] <= 1);
        Assert.IsTrue(float.IsNaN(beyond[2]));
    }

    [TestMethod]
    public void The_distribution_of_exponential_scores_is_right_far_beyond_the_highest()
    {
        var random = new Random(1);
        float[] scores = [.. Enumerable.Range(0, 20_000).Select(_ => (float)-Math.Log(1 - random.NextDouble()))];
        ScoreDistribution distribution = ScoreDistribution.Create(scores);
        foreach (double score in new[] { 0.05, 0.5, 1, 2, 3, 5, 10, 15 })
        {
            Assert.AreEqual(1, (1 - distribution.ShareUpTo(score)) / Math.Exp(-score), score < 5 ? 0.08 : 0.4, $"at {score}");
        }

        Assert.AreEqual(0, distribution.ShareUpTo(-1));
        Assert.AreEqual(1, distribution.ShareUpTo(double.PositiveInfinity));
    }

    [TestMethod]
    public void Few_and_equal_scores_have_a_distribution()
    {
        ScoreDistribution one = ScoreDistribution.Create([2f]), equal = ScoreDistribution.Create([2f, 2f, 2f]);
        foreach (ScoreDistribution distribution in new[] { one, equal })
        {
            Assert.AreEqual(0, distribution.ShareUpTo(1.9));
            Assert.IsTrue(distribution.ShareUpTo(2) is > 0 and < 1);
            Assert.AreEqual(1, distribution.ShareUpTo(2.1));
        }
    }

    private static double[] Extra(NormalizingFlowTransformer model, IDataView rows)
    {
        IDataView scored = model.Transform(rows);
        return [.. Scored.Values(scored).Zip(Scored.Values(scored, "LogDensity"), (score, logDensity) => (double)score + logDensity)];
    }

    private static double Distance(float[] row, IEnumerable<float[]> others, float[][] training)
    {
        double[] deviations = [.. row.Select((_, j) => Deviation([.. training.Select(other => (double)other[j])]))];
        return others.Select(other => Math.Sqrt(row.Select((value, j) => Math.Pow((value - other[j]) / deviations[j], 2)).Average())).Order().Skip(1).First();
    }

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }
}
