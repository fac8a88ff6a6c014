using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class ForecastReachTests
{
    [TestMethod]
    public void Times_far_beyond_the_trained_horizon_are_refused_with_the_reason_and_nearer_ones_answered()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in new[] { (LatentAnchor.LastObservation, SeriesEncoderKind.Gru), (LatentAnchor.FirstObservation, SeriesEncoderKind.Gru) })
        {
            using LatentOdeTransformer model = WaveModels.TrainForTimes(anchor, encoder);
            WaveRow wave = Waves.Create(1, seed: 5)[0];
            double last = wave.Time[^1];
            ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, WaveObservation.FromRow(wave));
            Assert.IsTrue(engine.Forecast(last + 1999).Forecast.All(float.IsFinite));
            foreach (double far in new[] { 2001, 1e7, 1.7e9, 1e300, double.MaxValue })
            {
                foreach (string message in new[]
                {
                    Assert.Throws<ArgumentException>(() => engine.Forecast(last + 1, last + far)).Message,
                    Assert.Throws<ArgumentException>(() => engine.Interpolate(last + 1, last + far)).Message,
                    RefusedByTransform(model, wave, last + 1, last + far, row: 1),
                })
                {
                    StringAssert.Contains(message, "1000 times", StringComparison.Ordinal);
                    StringAssert.Contains(message, "point in time", StringComparison.Ordinal);
                    StringAssert.Contains(message, "seconds", StringComparison.Ordinal);
                }
            }
        }
    }

    [TestMethod]
    public void Times_that_are_not_finite_are_refused()
    {
        using LatentOdeTransformer model = WaveModels.TrainForTimes(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        WaveRow wave = Waves.Create(1, seed: 5)[0];
        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, WaveObservation.FromRow(wave));
        foreach (double time in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Assert.Throws<ArgumentException>(() => engine.Forecast(time));
            Assert.Throws<ArgumentException>(() => engine.Interpolate(wave.Time[3], time));
            StringAssert.Contains(RefusedByTransform(model, wave, time, wave.Time[^1] + 1, row: 2), "finite", StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void Nothing_is_interpolated_in_a_gap_too_long_to_be_solved_for()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, [new() { Time = 0, Sine = 5 }, new() { Time = 1.7e9, Sine = 5 }, new() { Time = 1.7e9 + 1, Sine = 6 }]);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => engine.Interpolate(1)).Message, "1000 times", StringComparison.Ordinal);
        Assert.IsTrue(float.IsFinite(engine.Interpolate(1.7e9 + 0.5).Forecast[0]));
    }

    [TestMethod]
    public void A_history_that_is_solved_for_does_not_reach_back_forever()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.FirstObservation, SeriesEncoderKind.Gru);
        List<WaveObservation> recent = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
        List<WaveObservation> all = [new() { Time = recent[0].Time - 1e9, Sine = 5, Cosine = 1, Amplitude = recent[0].Amplitude }, .. recent];
        WaveForecast answer = WaveModels.Observe(model, all).Forecast();
        Assert.IsTrue(answer.Forecast.All(float.IsFinite));
        WaveForecast.AssertEqual(answer, WaveModels.Transform(model, WaveObservation.ToRow(all))[0], "row");
    }

    [TestMethod]
    public void Horizons_in_another_unit_than_the_data_are_refused_before_training()
    {
        string Refused(Action<LatentOdeOptions> change) =>
            Assert.Throws<ArgumentException>(() => WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru, change)).Message;
        StringAssert.Contains(Refused(options => options.Horizon = [1.7e9]), "points in time", StringComparison.Ordinal);
        StringAssert.Contains(Refused(options => options.MaximumHorizon = 1e5), nameof(LatentOdeOptions.MaximumHorizon), StringComparison.Ordinal);
        StringAssert.Contains(Refused(options => (options.Horizon, options.MaximumHorizon) = ([1, 86400], 2)), nameof(LatentOdeOptions.Horizon), StringComparison.Ordinal);
        StringAssert.Contains(Refused(options => options.Horizon = [double.NaN]), nameof(LatentOdeOptions.Horizon), StringComparison.Ordinal);
    }

    private static string RefusedByTransform(LatentOdeTransformer model, WaveRow wave, double first, double second, int row)
    {
        WaveRow[] rows = [.. Enumerable.Range(0, 4).Select(i => WaveObservation.ToRow(WaveObservation.FromRow(wave), i == row ? [first, second] : [wave.Time[^1] + 1]))];
        string message = Assert.Throws<ArgumentException>(() => WaveModels.Transform(model, rows)).Message;
        StringAssert.Contains(message, $"Row {row}:", StringComparison.Ordinal);
        return message;
    }
}
