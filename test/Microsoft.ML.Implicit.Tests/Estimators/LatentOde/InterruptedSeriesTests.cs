using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Series with a gap longer than all in training.</summary>
[TestClass]
public class InterruptedSeriesTests
{
    [TestMethod]
    public void After_a_long_gap_engines_their_check_points_and_transformers_give_the_same_bounds()
    {
        string path = Path.GetTempFileName();
        try
        {
            foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
            {
                using LatentOdeTransformer model = WaveModels.Train(anchor, encoder);
                foreach (double gap in new[] { 20, 200 })
                {
                    foreach (int before in new[] { 1, 2, 19 })
                    {
                        List<WaveObservation> wave = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
                        wave.Skip(before).ToList().ForEach(observation => observation.Time += gap);
                        string name = $"{anchor}, {encoder}, {before} before a gap of {gap}";
                        WaveForecast expected = WaveModels.Transform(model, WaveObservation.ToRow(wave))[0];
                        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, wave);
                        WaveForecast.AssertEqual(expected, engine.Forecast(), name);
                        engine.CheckPoint(path);
                        WaveForecast.AssertEqual(expected, model.ResumeForecastEngine<WaveObservation, WaveForecast>(path).Forecast(), name);
                    }
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Bounds_hold_after_a_gap_longer_than_all_in_training()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru, options =>
        {
            WaveModels.AskForTimes(options);
            options.Training.MaximumEpochs = 20;
            options.Training.ValidationFraction = 0.4;
        }, Waves.Create(60));
        foreach (double gap in new[] { 1, 5, 50 }.Select(periods => 2 * Math.PI * periods))
        {
            foreach (int after in new[] { 1, 3, 6 })
            {
                List<WaveRow> rows = Waves.Create(200, seed: 7);
                float[][] truth = [.. rows.Select(row => Interrupt(row, gap, after))];
                WaveForecast[] answers = WaveModels.Transform(model, [.. rows]);
                double covered = truth.Zip(answers, (values, answer) => values.Where((value, m) => value >= answer.Lower[m] && value <= answer.Upper[m]).Count() / (double)values.Length).Average();
                Assert.IsGreaterThanOrEqualTo(0.9, covered, $"{after} observations after a gap of {gap}");
            }
        }
    }

    // Ends a series after some observations that follow a gap, and asks for the next two.
    private static float[] Interrupt(WaveRow row, double gap, int after)
    {
        int count = row.Time.Length - 2;
        float[] truth = row.Sine[count..];
        row.ForecastTime = [.. row.Time[count..].Select(time => time + gap)];
        row.Time = [.. row.Time[..count].Select((time, i) => i < count - after ? time : time + gap)];
        (row.Sine, row.Cosine) = (row.Sine[..count], row.Cosine[..count]);
        return truth;
    }
}
