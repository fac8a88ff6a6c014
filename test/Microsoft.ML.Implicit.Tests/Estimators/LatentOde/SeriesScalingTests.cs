using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class SeriesScalingTests
{
    [TestMethod]
    public void Forecasts_start_from_the_last_value_unless_it_is_an_outlier()
    {
        // Mean 0 and standard deviation 1.
        TimeSeries[] series = [.. Enumerable.Repeat(Series([1, -1, -1, 1]), 30)];
        var scaling = SeriesScaling.Fit(series, horizon: 1, periods: []);

        Assert.AreEqual(-4.9, scaling.Start(0, -4.9));
        Assert.AreEqual(5, scaling.Start(0, 1480), 1e-9);
        Assert.AreEqual(-5, scaling.Start(0, -1480), 1e-9);
    }

    [TestMethod]
    public void Forecasts_of_a_series_that_leaves_its_past_behind_start_from_any_value()
    {
        var scaling = SeriesScaling.Fit([Series([.. Enumerable.Range(0, 100).Select(i => (float)i)])], horizon: 1, periods: []);

        Assert.AreEqual(1480, scaling.Start(0, 1480));
    }

    private static TimeSeries Series(float[] values) => new([.. Enumerable.Range(0, values.Length).Select(i => (double)i)], [values], [], [], []);
}
