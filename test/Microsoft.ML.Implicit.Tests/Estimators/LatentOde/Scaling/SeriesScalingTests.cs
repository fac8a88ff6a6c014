using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Scaling;

[TestClass]
public class SeriesScalingTests
{
    [TestMethod]
    public void Forecasts_start_from_the_last_value_unless_it_is_an_outlier()
    {
        // Mean 0 and standard deviation 1.
        TimeSeries[] series = [.. Enumerable.Repeat(Series([1, -1, -1, 1]), 30)];
        var scaling = SeriesScaling.Fit(series, horizon: 1, periods: []);

        foreach (double previous in new[] { double.NaN, 0, 4.9, -4.9 })
        {
            Assert.AreEqual(-4.9, scaling.Start(0, -4.9, previous));
            Assert.AreEqual(5, scaling.Start(0, 1480, previous), 1e-9);
            Assert.AreEqual(-5, scaling.Start(0, -1480, previous), 1e-9);
        }
    }

    [TestMethod]
    public void Forecasts_start_from_a_level_beyond_that_of_training_where_two_values_in_a_row_show_it()
    {
        TimeSeries[] series = [.. Enumerable.Repeat(Series([1, -1, -1, 1]), 30)];
        var scaling = SeriesScaling.Fit(series, horizon: 1, periods: []);
        double step = 5 * Math.Sqrt(8 / 3.0);

        Assert.AreEqual(110, scaling.Start(0, 110, 109));
        Assert.AreEqual(-110, scaling.Start(0, -110, -109));
        Assert.AreEqual(100 + step, scaling.Start(0, 1480, 100), 1e-9);
        Assert.AreEqual(3, scaling.Start(0, 3, 1480));
        Assert.AreEqual(-5, scaling.Start(0, -1480, 1480), 1e-9);
        Assert.AreEqual(0.05 * 105, scaling.LeastHalfWidth(0, 110), 1e-9);
        Assert.AreEqual(0, scaling.LeastHalfWidth(0, 5 - 1e-9));
    }

    [TestMethod]
    public void Forecasts_of_a_series_that_leaves_its_past_behind_start_from_any_value()
    {
        var scaling = SeriesScaling.Fit([Series([.. Enumerable.Range(0, 100).Select(i => (float)i)])], horizon: 1, periods: []);

        Assert.AreEqual(1480, scaling.Start(0, 1480, double.NaN));
        Assert.AreEqual(0, scaling.LeastHalfWidth(0, 1480));
    }

    [TestMethod]
    public void A_last_step_longer_than_nearly_all_and_a_value_beyond_the_range_leave_the_level_in_doubt()
    {
        // Mean 0 and standard deviation 1; steps of 1.63.
        var scaling = SeriesScaling.Fit([.. Enumerable.Repeat(Series([1, -1, -1, 1]), 30)], horizon: 1, periods: []);

        Assert.AreEqual(0, scaling.Doubt(0, forecast: 4, lastValue: 4.8, previousValue: 0));
        Assert.AreEqual(0, scaling.Doubt(0, forecast: 4, lastValue: 4.8, double.NaN));
        Assert.AreEqual(9, scaling.Doubt(0, forecast: 5, lastValue: 4, previousValue: -4));
        Assert.AreEqual(7, scaling.Doubt(0, forecast: -3, lastValue: -4, previousValue: 4));
        Assert.AreEqual(1475, scaling.Doubt(0, forecast: 5, lastValue: 1480, double.NaN));
        Assert.AreEqual(1475, scaling.Doubt(0, forecast: 5, lastValue: 0, previousValue: 1480));
        Assert.AreEqual(0, scaling.Doubt(0, forecast: 120, lastValue: 110, previousValue: 109), "Two values beyond the range are a level.");
    }

    [TestMethod]
    public void A_gap_longer_than_all_in_training_and_than_a_few_usual_ones_interrupts_a_series()
    {
        var regular = SeriesScaling.Fit([Series(new float[10])], horizon: 1, periods: []);
        Assert.IsFalse(regular.IsInterrupted([0, 1, 5, 6]));
        Assert.IsTrue(regular.IsInterrupted([0, 1, 5.1, 6]));
        Assert.IsFalse(regular.IsInterrupted([0]));

        var irregular = SeriesScaling.Fit([new([0, 1, 2, 3, 33, 34], [new float[6]], [], [], [])], horizon: 1, periods: []);
        Assert.IsFalse(irregular.IsInterrupted([1e6, 1e6 + 30]));
        Assert.IsTrue(irregular.IsInterrupted([0, 31]));
    }

    private static TimeSeries Series(float[] values) => new([.. Enumerable.Range(0, values.Length).Select(i => (double)i)], [values], [], [], []);
}
