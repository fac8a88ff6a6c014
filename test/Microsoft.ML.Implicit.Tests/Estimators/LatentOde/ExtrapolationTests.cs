using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class ExtrapolationTests
{
    private const double Horizon = 2;

    [TestMethod]
    public void Bounds_beyond_the_trained_horizon_hold_the_forecast_there_with_an_error_in_proportion_to_the_time_ahead()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.TrainForTimes(anchor, encoder, Waves.CreateComplete());
            List<WaveObservation> wave = WaveObservation.FromRow(Waves.CreateComplete()[3]);
            ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, wave);
            double last = wave[^1].Time;
            WaveForecast atHorizon = engine.Forecast(last + Horizon);
            float[] halves = HalfWidths(atHorizon);
            foreach (double ratio in new[] { 1.01, 1.5, 3, 10, 100 })
            {
                double time = last + (ratio * Horizon);
                foreach (WaveForecast answer in new[] { engine.Forecast(time), engine.Interpolate(time), WaveModels.Transform(model, WaveObservation.ToRow(wave, [time]))[0] })
                {
                    for (int v = 0; v < halves.Length; v++)
                    {
                        string name = $"{anchor}, {encoder}, {ratio} horizons ahead";
                        double rounding = 1e-4 * (1 + answer.Upper[v] - answer.Lower[v]);
                        Assert.IsLessThanOrEqualTo(atHorizon.Forecast[v] - (ratio * halves[v]) + rounding, answer.Lower[v], name);
                        Assert.IsGreaterThanOrEqualTo(atHorizon.Forecast[v] + (ratio * halves[v]) - rounding, answer.Upper[v], name);
                    }
                }
            }
        }
    }

    [TestMethod]
    public void Beyond_the_trained_horizon_a_forecast_stays_what_it_is_at_its_end()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.TrainForTimes(anchor, encoder, Waves.CreateComplete());
            List<WaveObservation> wave = WaveObservation.FromRow(Waves.CreateComplete()[3]);
            ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, wave);
            double last = wave[^1].Time;
            float[] atHorizon = engine.Forecast(last + Horizon).Forecast;
            foreach (double ratio in new[] { 1.5, 10, 900 })
            {
                float[] beyond = engine.Forecast(last + (ratio * Horizon)).Forecast;
                for (int v = 0; v < atHorizon.Length; v++)
                {
                    Assert.AreEqual(atHorizon[v], beyond[v], 1e-5 * (1 + Math.Abs(atHorizon[v])), $"{anchor}, {encoder}, {ratio} horizons ahead");
                }
            }
        }
    }

    [TestMethod]
    public void Bounds_beyond_the_trained_horizon_never_narrow_with_the_time_ahead()
    {
        using LatentOdeTransformer model = WaveModels.TrainForTimes(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        List<WaveObservation> wave = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, wave);
        float[] before = HalfWidths(engine.Forecast(wave[^1].Time + Horizon));
        for (double ratio = 1.25; ratio < 50; ratio += 0.5)
        {
            float[] widths = HalfWidths(engine.Forecast(wave[^1].Time + (ratio * Horizon)));
            for (int v = 0; v < widths.Length; v++)
            {
                Assert.IsGreaterThanOrEqualTo(before[v] * (1 - 1e-4), widths[v], $"{ratio} horizons ahead");
            }

            before = widths;
        }
    }

    [TestMethod]
    public void The_time_ahead_of_a_silent_variable_counts_from_its_own_last_value()
    {
        using LatentOdeTransformer model = WaveModels.TrainForTimes(LatentAnchor.LastObservation, SeriesEncoderKind.Gru, Waves.CreateComplete());
        List<WaveObservation> all = WaveObservation.FromRow(Waves.CreateComplete()[3]);
        List<WaveObservation> known = all[..^9];
        WaveObservation[] lagging = [.. known, .. all[^9..].Select(observation => new WaveObservation { Time = observation.Time, Sine = observation.Sine, Amplitude = observation.Amplitude })];
        double ahead = all[^1].Time + Horizon - known[^1].Time;
        float atHorizon = HalfWidths(WaveModels.Observe(model, known).Forecast(known[^1].Time + Horizon))[1];

        Assert.IsGreaterThan(1.5 * Horizon, ahead);
        Assert.IsGreaterThanOrEqualTo(ahead / Horizon * atHorizon * (1 - 1e-4), HalfWidths(WaveModels.Observe(model, lagging).Forecast(all[^1].Time + Horizon))[1]);
    }

    [TestMethod]
    public void What_is_forecast_at_one_time_does_not_depend_on_the_others_asked_for()
    {
        using LatentOdeTransformer model = WaveModels.TrainForTimes(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        List<WaveObservation> wave = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, wave);
        double[] times = [.. new[] { 5, 0.5, 2, 40 }.Select(ahead => wave[^1].Time + ahead)];
        WaveForecast together = engine.Forecast(times);
        for (int m = 0; m < times.Length; m++)
        {
            WaveForecast alone = engine.Forecast(times[m]);
            int[] places = [m, m + times.Length];
            WaveForecast.AssertEqual(
                alone,
                new WaveForecast { Forecast = Pick(together.Forecast), Lower = Pick(together.Lower), Upper = Pick(together.Upper) },
                $"time {m}");

            float[] Pick(float[] values) => [.. places.Select(place => values[place])];
        }
    }

    private static float[] HalfWidths(WaveForecast answer) => [.. answer.Upper.Zip(answer.Lower, (upper, lower) => (upper - lower) / 2)];
}
