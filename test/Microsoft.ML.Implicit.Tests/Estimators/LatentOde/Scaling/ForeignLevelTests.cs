using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Scaling;

[TestClass]
public class ForeignLevelTests
{
    [TestMethod]
    public void A_series_at_a_level_that_training_never_saw_is_forecast_there_with_bounds_that_widen_with_its_distance()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.Train(anchor, encoder);
            foreach (float shift in new[] { -1e4f, -50, 50, 100, 1e6f })
            {
                WaveRow row = Waves.Create(1, seed: 5)[0];
                row.Sine = [.. row.Sine.Select(value => value + shift)];
                WaveForecast answer = WaveModels.Transform(model, row)[0];
                string name = $"{anchor}, {encoder}, shifted by {shift}";
                for (int m = 0; m < 3; m++)
                {
                    Assert.AreEqual(row.Sine[^1], answer.Forecast[m], 20, name);
                    Assert.IsGreaterThanOrEqualTo(0.05 * (Math.Abs(shift) - 20), (answer.Upper[m] - answer.Lower[m]) / 2, name);
                }

                WaveForecast.AssertEqual(answer, WaveModels.Observe(model, WaveObservation.FromRow(row)).Forecast(), name);
            }
        }
    }

    [TestMethod]
    public void A_wild_last_value_leaves_the_value_before_and_itself_within_the_bounds()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.Train(anchor, encoder);
            foreach (float wild in new[] { -1e6f, -60, 60, 1e6f })
            {
                WaveRow row = Waves.Create(1, seed: 5)[0];
                row.Sine[^1] = wild;
                WaveForecast answer = WaveModels.Transform(model, row)[0];
                string name = $"{anchor}, {encoder}, {wild}";
                for (int m = 0; m < 3; m++)
                {
                    foreach (float value in new[] { row.Sine[^2], wild })
                    {
                        Assert.IsLessThanOrEqualTo(value, answer.Lower[m], name);
                        Assert.IsGreaterThanOrEqualTo(value, answer.Upper[m], name);
                    }
                }

                WaveForecast.AssertEqual(answer, WaveModels.Observe(model, WaveObservation.FromRow(row)).Forecast(), name);
            }
        }
    }

    [TestMethod]
    public void A_level_that_training_never_saw_survives_a_check_point()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        WaveObservation[] observations = [.. new[] { 5, 110, float.NaN, 111, 5, 4, 110, 110.5f }.Select((value, i) => new WaveObservation { Time = i, Sine = value, Cosine = 1, Amplitude = 1 })];
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
}
