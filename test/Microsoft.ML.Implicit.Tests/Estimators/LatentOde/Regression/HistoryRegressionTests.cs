using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Regression;

[TestClass]
public class HistoryRegressionTests
{
    [TestMethod]
    public void A_season_of_any_shape_is_continued_from_the_period_before()
    {
        var random = new Random(1);
        float[] shape = [.. Enumerable.Range(0, 24).Select(_ => random.NextSingle())];
        TimeSeries series = Series([.. Enumerable.Range(0, 24 * 12).Select(i => (double)i)], time => shape[(int)time % 24]);
        (HistoryRegression regression, EncodedSeries encoded, SeriesScaling scaling) = Fit(series, horizon: 24, periods: [24], contextLength: 8);

        double[] times = [.. Enumerable.Range(200, 24).Select(i => (double)i)];
        double[] forecast = Forecast(regression, encoded, last: 199, times);
        double missed = 0;
        double beyondHarmonics = 0;
        for (int i = 0; i < times.Length; i++)
        {
            double adjusted = encoded.Starts[199] + (forecast[i] * scaling.Variables[0].ChangeScale);
            missed += Math.Pow(encoded.Values[200 + i] - adjusted, 2);
            beyondHarmonics += Math.Pow(encoded.Values[200 + i] - scaling.Variables[0].Center, 2);
        }

        Assert.IsLessThan(0.05 * beyondHarmonics, missed);
    }

    [TestMethod]
    public void Forecasts_are_the_same_in_other_units_and_at_other_times()
    {
        double[] times = Times(new Random(2), 80);
        TimeSeries here = Series(times, time => Math.Sin(time) + (0.1 * Math.Sin(7 * time)));
        TimeSeries there = Series([.. times.Select(time => 512 + (8 * time))], time => 32 + (64 * (Math.Sin((time - 512) / 8) + (0.1 * Math.Sin(7 * (time - 512) / 8)))));
        (HistoryRegression first, EncodedSeries ofFirst, _) = Fit(here, horizon: 2, periods: [], contextLength: 16);
        (HistoryRegression second, EncodedSeries ofSecond, _) = Fit(there, horizon: 16, periods: [], contextLength: 16);

        double[] forecast = Forecast(first, ofFirst, last: 40, [.. here.Times[41..45]]);
        double[] other = Forecast(second, ofSecond, last: 40, [.. there.Times[41..45]]);
        for (int i = 0; i < forecast.Length; i++)
        {
            Assert.AreEqual(forecast[i], other[i], 1e-3);
        }
    }

    [TestMethod]
    public void What_comes_after_the_last_observation_known_does_not_matter()
    {
        TimeSeries whole = Series(Times(new Random(3), 60), time => Math.Cos(time));
        (HistoryRegression regression, EncodedSeries encoded, SeriesScaling scaling) = Fit(whole, horizon: 2, periods: [3], contextLength: 16);
        var part = new EncodedSeries(new TimeSeries(whole.Times[..31], [whole.Values[0][..31]], [], [], []), scaling);

        double[] times = [.. whole.Times[31..35]];
        CollectionAssert.AreEqual(Forecast(regression, encoded, last: 30, times), Forecast(regression, part, last: 30, times));
    }

    [TestMethod]
    public void An_engine_remembers_a_season_that_is_longer_than_the_context()
    {
        using LatentOdeTransformer transformer = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru, options =>
        {
            options.ContextLength = 4;
            options.SeasonalPeriods = [3];
        });
        LatentOdeModelParameters model = transformer.Model;
        HistoryRegression regression = model.Blend!.Regression;
        Assert.IsGreaterThan(4, regression.Regressors.Memory);
        WaveRow row = Waves.Create(1, seed: 5)[0];
        var state = new ForecastState(model);
        state.SetStatics([row.Amplitude], []);
        for (int i = 0; i < row.Time.Length; i++)
        {
            model.Advance(state, row.Time[i], [row.Sine[i], row.Cosine[i]]);
        }

        var whole = new EncodedSeries(new TimeSeries(row.Time, [row.Sine, row.Cosine], [row.Amplitude], [], []), model.Scaling);
        double[] times = [row.Time[^1] + 0.5, row.Time[^1] + 2];
        CollectionAssert.AreEqual(Forecast(regression, whole, whole.Count - 1, times), Forecast(regression, new EncodedSeries(state), last: 0, times));
    }

    [TestMethod]
    public void A_regression_forecasts_no_further_change_beyond_the_trained_horizon()
    {
        TimeSeries series = Series([.. Enumerable.Range(0, 60).Select(i => (double)i)], time => 3 * time);
        (HistoryRegression regression, EncodedSeries encoded, _) = Fit(series, horizon: 5, periods: [], contextLength: 16);
        double[] forecast = Forecast(regression, encoded, last: 30, [35, 36, 500]);
        Assert.AreEqual(forecast[0], forecast[1]);
        Assert.AreEqual(forecast[0], forecast[2]);
    }

    private static double[] Times(Random random, int count)
    {
        double time = 0;
        return [.. Enumerable.Range(0, count).Select(_ => time += 0.1 + (0.5 * random.NextDouble()))];
    }

    private static TimeSeries Series(double[] times, Func<double, double> value) => new(times, [[.. times.Select(time => (float)value(time))]], [], [], []);

    private static (HistoryRegression Regression, EncodedSeries Encoded, SeriesScaling Scaling) Fit(TimeSeries series, double horizon, double[] periods, int contextLength)
    {
        var scaling = SeriesScaling.Fit([series], horizon, periods);
        var encoded = new EncodedSeries(series, scaling);
        ForecastDivision division = ForecastDivision.Divide([series.Count], 3, null, holdsOutSeries: false, new Random(1));
        return (HistoryRegression.Average(new RegressionTraining([encoded], division, scaling, contextLength).Fit()), encoded, scaling);
    }

    private static double[] Forecast(HistoryRegression regression, EncodedSeries series, int last, double[] times)
    {
        using DisposeScope scope = NewDisposeScope();
        return Array.ConvertAll(regression.Forecast([new ForecastExample(series, 0, last + 1, times, null)], times.Length), change => (double)change);
    }
}
