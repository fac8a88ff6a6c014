using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class EvaluationTests
{
    [TestMethod]
    public void Metrics_follow_their_definitions_slot_by_slot()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(
        [
            new Answer { Actual = [1, 5], Forecast = [2, 5], Lower = [0, 6], Upper = [4, 8] },
            new Answer { Actual = [4, float.NaN], Forecast = [1, 5], Lower = [-1, 6], Upper = [3, 8] },
        ]);
        IReadOnlyList<ForecastMetrics> metrics = ml.Forecasting.EvaluateForecasts(data, "Actual", "Forecast", "Lower", "Upper");
        Assert.HasCount(2, metrics);
        Assert.AreEqual(2, metrics[0].Count);
        Assert.AreEqual(Math.Sqrt((1 + 9) / 2.0), metrics[0].RootMeanSquaredError, 1e-9);
        Assert.AreEqual(2, metrics[0].MeanAbsoluteError, 1e-9);
        Assert.AreEqual(0.5, metrics[0].Coverage, 1e-9);
        Assert.AreEqual(4, metrics[0].MeanIntervalWidth, 1e-9);

        // The score of a normal distribution of scale s at its mean is s (√2 - 1) / √π.
        Assert.AreEqual(1, metrics[1].Count);
        Assert.AreEqual(2 / (2 * 1.959964) * (Math.Sqrt(2) - 1) / Math.Sqrt(Math.PI), metrics[1].ContinuousRankedProbabilityScore, 1e-6);
    }

    [TestMethod]
    public void A_missing_or_uneven_column_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Answer()]);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => ml.Forecasting.EvaluateForecasts(data, "Truth")).Message, "'Truth'", StringComparison.Ordinal);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => ml.Forecasting.EvaluateForecasts(data, "Short")).Message, "'Short'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_backtest_with_rolling_origin_reports_every_range_of_every_variable()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(40));
        IReadOnlyList<ForecastMetrics> metrics = ml.Forecasting.BacktestByLatentOde(data, QuickOptions.Create(), origins: 3);
        CollectionAssert.AreEqual(new[] { "Sine+0.5", "Sine+1", "Sine+2", "Cosine+0.5", "Cosine+1", "Cosine+2" }, metrics.Select(m => m.Name).ToArray());
        Assert.IsTrue(metrics.All(m => m.Count > 20 && m.RootMeanSquaredError >= m.MeanAbsoluteError && m.ContinuousRankedProbabilityScore <= m.MeanAbsoluteError && m.Coverage is > 0.7 and <= 1));
    }

    private sealed class Answer
    {
        [VectorType(2)]
        public float[] Actual { get; set; } = [0, 0];

        [VectorType(2)]
        public float[] Forecast { get; set; } = [0, 0];

        [VectorType(2)]
        public float[] Lower { get; set; } = [0, 0];

        [VectorType(2)]
        public float[] Upper { get; set; } = [0, 0];

        [VectorType(1)]
        public float[] Short { get; set; } = [0];
    }
}
