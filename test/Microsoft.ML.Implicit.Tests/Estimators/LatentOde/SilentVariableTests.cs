using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class SilentVariableTests
{
    [TestMethod]
    public void A_variable_that_falls_silent_is_forecast_as_if_the_later_observations_of_others_had_not_come()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.TrainForTimes(anchor, encoder, Waves.CreateComplete());
            List<WaveObservation> all = WaveObservation.FromRow(Waves.CreateComplete()[3]);
            foreach (int silent in new[] { 1, 3, 9 })
            {
                List<WaveObservation> known = all[..^silent];
                List<WaveObservation> lagging = [.. known, .. all[^silent..].Select(observation => new WaveObservation { Time = observation.Time, Sine = observation.Sine, Amplitude = observation.Amplitude })];
                double[] times = [all[^1].Time + 0.3, all[^1].Time + 2];
                string name = $"{anchor}, {encoder}, silent for {silent}";
                WaveForecast expected = WaveModels.Transform(model, WaveObservation.ToRow(known, times))[0];
                WaveForecast row = WaveModels.Transform(model, WaveObservation.ToRow(all, times), WaveObservation.ToRow(lagging, times))[1];
                WaveForecast engine = WaveModels.Observe(model, lagging).Forecast(times);
                WaveForecast.AssertEqual(row, engine, name);
                Assert.AreEqual(expected.Forecast[2], row.Forecast[2], 1e-4, name);
                Assert.AreEqual(expected.Upper[3], row.Upper[3], 1e-4, name);
                Assert.AreNotEqual(expected.Forecast[0], row.Forecast[0], name);
            }
        }
    }

    [TestMethod]
    public void A_ramp_is_forecast_at_its_height_though_another_variable_was_observed_later()
    {
        var random = new Random(1);
        WaveRow Ramp(int silent)
        {
            double slope = 0.5 + random.NextDouble();
            double[] times = [.. Enumerable.Range(0, 40).Select(i => (double)i)];
            return new WaveRow
            {
                Time = times,
                Sine = [.. times.Select(time => (float)(slope * time))],
                Cosine = [.. times.Select(time => time < 40 - silent ? (float)(10 + (slope * time)) : float.NaN)],
                ForecastTime = [45],
                Truth = [(float)(10 + (slope * 45))],
            };
        }

        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 10);
        WaveModels.AskForTimes(options);
        options.MaximumHorizon = 20;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(_ => Ramp(0)).ToArray()));
        foreach (int silent in new[] { 0, 1, 4, 12 })
        {
            WaveRow row = Ramp(silent);
            WaveForecast answer = WaveModels.Transform(model, row)[0];
            Assert.AreEqual(row.Truth[0], answer.Forecast[1], 3.5, $"silent for {silent}");
        }
    }

    [TestMethod]
    public void A_silent_variable_is_taken_up_again_and_survives_a_check_point()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.GruOdeBayes, rows: Waves.CreateComplete());
        WaveObservation[] observations =
        [
            new() { Time = 0, Sine = 5, Cosine = 1 }, new() { Time = 1, Sine = 5.5f, Cosine = 0.5f }, new() { Time = 2, Sine = 6 }, new() { Time = 2.5, Cosine = 0 },
            new() { Time = 3, Sine = 5 }, new() { Time = 3, Cosine = 0.7f }, new() { Time = 4, Cosine = 1 }, new() { Time = 5, Cosine = 1 }, new() { Time = 5 }, new() { Time = 6, Sine = 5 },
        ];
        string path = Path.GetTempFileName();
        try
        {
            ForecastEngine<WaveObservation, WaveForecast> engine = model.CreateForecastEngine<WaveObservation, WaveForecast>();
            for (int i = 0; i < observations.Length; i++)
            {
                engine.Observe(observations[i]);
                engine.CheckPoint(path);
                engine = model.ResumeForecastEngine<WaveObservation, WaveForecast>(path);
                WaveForecast.AssertEqual(WaveModels.Transform(model, WaveObservation.ToRow(observations[..(i + 1)]))[0], engine.Forecast(), $"{i + 1} observations");
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void A_variable_silent_for_too_long_gets_NaN_and_the_others_their_forecast()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru, rows: Waves.CreateComplete());
        WaveObservation[] observations = [new() { Time = 0, Sine = 5, Cosine = 1 }, new() { Time = 1e8, Sine = 5 }, new() { Time = 1e8 + 1, Sine = 6 }];
        foreach (WaveForecast answer in new[] { WaveModels.Observe(model, observations).Forecast(), WaveModels.Transform(model, WaveObservation.ToRow(observations))[0] })
        {
            Assert.IsTrue(answer.Forecast[..3].All(float.IsFinite));
            Assert.IsTrue(answer.Forecast[3..].All(float.IsNaN));
            Assert.IsTrue(answer.Lower[3..].All(float.IsNaN));
        }
    }
}
