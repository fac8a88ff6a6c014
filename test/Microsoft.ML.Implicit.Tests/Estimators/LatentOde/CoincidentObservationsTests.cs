using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class CoincidentObservationsTests
{
    [TestMethod]
    public void An_observation_sent_twice_counts_once()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.Train(anchor, encoder);
            List<WaveObservation> once = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
            WaveForecast expected = WaveModels.Observe(model, once).Forecast();
            foreach (int repeated in new[] { 0, 7, once.Count - 1 })
            {
                List<WaveObservation> twice = [.. once[..repeated], once[repeated], .. once[repeated..]];
                WaveForecast.AssertEqual(expected, WaveModels.Observe(model, twice).Forecast(), $"{anchor}, {encoder}, engine");
                WaveForecast.AssertEqual(expected, WaveModels.Transform(model, WaveObservation.ToRow(twice))[0], $"{anchor}, {encoder}, row");
            }
        }
    }

    [TestMethod]
    public void Observations_at_one_time_become_the_same_one_in_an_engine_and_in_a_row_after_each_of_them()
    {
        var random = new Random(6);
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.Train(anchor, encoder);
            ForecastEngine<WaveObservation, WaveForecast> engine = model.CreateForecastEngine<WaveObservation, WaveForecast>();
            var seen = new List<WaveObservation>();
            foreach (WaveObservation observation in Stream(random))
            {
                engine.Observe(observation);
                seen.Add(observation);
                WaveForecast expected = WaveModels.Transform(model, WaveObservation.ToRow(seen))[0];
                if (expected.Forecast.All(float.IsFinite))
                {
                    WaveForecast.AssertEqual(expected, engine.Forecast(), $"{anchor}, {encoder}, {seen.Count} observations");
                }
            }
        }
    }

    [TestMethod]
    public void A_resumed_engine_takes_in_further_observations_at_the_time_of_the_last()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.OdeRnn);
        List<WaveObservation> observations = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, observations);
        double last = observations[^1].Time;
        string path = Path.GetTempFileName();
        try
        {
            engine.CheckPoint(path);
            ForecastEngine<WaveObservation, WaveForecast> resumed = model.ResumeForecastEngine<WaveObservation, WaveForecast>(path);
            foreach (WaveObservation next in new WaveObservation[] { new() { Time = last, Sine = 3 }, new() { Time = last, Cosine = 1 }, new() { Time = last + 1 } })
            {
                engine.Observe(next);
                resumed.Observe(next);
                CollectionAssert.AreEqual(engine.Forecast().Upper, resumed.Forecast().Upper);
                Assert.AreEqual(engine.ObservationCount, resumed.ObservationCount);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void An_engine_that_remembers_a_single_time_merges_as_well()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.OdeRnn, options => options.ContextLength = 1);
        WaveObservation[] whole = [new() { Time = 0, Sine = 5, Cosine = 0 }, new() { Time = 2, Sine = 6, Cosine = 1 }];
        WaveObservation[] parts = [whole[0], whole[0], new() { Time = 2, Sine = 6 }, new() { Time = 2, Cosine = 1 }];
        WaveForecast.AssertEqual(WaveModels.Observe(model, whole).Forecast(), WaveModels.Observe(model, parts).Forecast(), "engine");
    }

    // Times that come one to four times, with values of one variable, of both or of none.
    private static IEnumerable<WaveObservation> Stream(Random random)
    {
        float Value() => random.NextDouble() < 0.4 ? float.NaN : (float)(4 + (2 * random.NextDouble()));
        for (double time = 1; time < 8; time += random.NextDouble())
        {
            for (int i = random.Next(4); i >= 0; i--)
            {
                yield return new WaveObservation { Time = time, Sine = Value(), Cosine = Value() - 4, Amplitude = 1.5f };
            }
        }
    }
}
