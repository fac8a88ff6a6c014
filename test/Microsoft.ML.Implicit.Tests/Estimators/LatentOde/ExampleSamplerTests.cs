using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public sealed class ExampleSamplerTests
{
    [TestMethod]
    [DataRow(0.0, 1 / 30.0)]
    [DataRow(0.5, (1 / 60.0) + 0.1009)]
    public void Histories_of_one_observation_are_as_frequent_as_asked(double shortHistories, double expected)
    {
        // Half of log 2 / log 31 of the examples, and a thirtieth of the other half.
        TimeSeries[] series = [.. Enumerable.Range(0, 40).Select(s => new TimeSeries([.. Enumerable.Range(0, 31).Select(i => (double)i)], [[.. Enumerable.Range(0, 31).Select(i => (float)((s + i) % 7))]], [], [], []))];
        var scaling = SeriesScaling.Fit(series, horizon: 4, periods: []);
        EncodedSeries[] encoded = [.. series.Select(s => new EncodedSeries(s, scaling))];
        var sampler = new ExampleSampler(encoded, ForecastFold.After(series.Length), scaling.Horizon, contextLength: 64, reconstructs: false, shortHistories);
        var random = new Random(1);
        const int draws = 20000;
        int[] counts = [.. Enumerable.Range(0, draws).Select(i => sampler.Draw(i % sampler.Count, random).Single().Count)];
        Assert.AreEqual(expected, counts.Count(count => count == 1) / (double)draws, 0.01);
        Assert.AreEqual(30, counts.Max());
    }

    [TestMethod]
    public void Of_many_series_a_pass_draws_as_many_cuts_in_fewer_draws()
    {
        TimeSeries[] series = [.. Enumerable.Range(0, 3000).Select(s => new TimeSeries([.. Enumerable.Range(0, 12).Select(i => (double)i)], [[.. Enumerable.Range(0, 12).Select(i => (float)((s + i) % 7))]], [], [], []))];
        var scaling = SeriesScaling.Fit(series, horizon: 4, periods: []);
        EncodedSeries[] encoded = [.. series.Select(s => new EncodedSeries(s, scaling))];
        var sampler = new ExampleSampler(encoded, ForecastFold.After(series.Length), scaling.Horizon, contextLength: 64, reconstructs: false);
        var random = new Random(1);
        ForecastExample[][] draws = [.. Enumerable.Range(0, sampler.Count).Select(draw => sampler.Draw(draw, random).ToArray())];
        Assert.AreEqual(12_000, sampler.Count);
        Assert.AreEqual(24_000, draws.Sum(draw => draw.Length));
        Assert.IsTrue(draws.All(draw => draw.All(example => example.Series == draw[0].Series)));
    }
}
