using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>What a forecast of a series longer than <see cref="LatentForecasterOptions.ContextLength"/> looks at.</summary>
[TestClass]
public sealed class ContextLengthTests
{
    public static IEnumerable<object[]> ReadAnew => WaveModels.Kinds
        .Where(kind => kind.Anchor == LatentAnchor.FirstObservation || kind.Encoder == SeriesEncoderKind.ControlledDifferentialEquation)
        .SelectMany(kind => new[] { 1, 6 }.Select(length => new object[] { kind.Anchor, kind.Encoder, length }));

    [TestMethod]
    [DynamicData(nameof(ReadAnew))]
    public void An_engine_whose_encoder_reads_anew_forecasts_what_the_whole_series_does(LatentAnchor anchor, SeriesEncoderKind encoder, int contextLength)
    {
        // Drifting series are told from a running level, which reaches back before the window too.
        List<WaveRow> rows = Waves.Create(3, observations: 40);
        rows.ForEach(row => row.Sine = [.. row.Sine.Zip(row.Time, (value, time) => value + (float)(5 * time))]);
        using LatentOdeTransformer model = WaveModels.Train(anchor, encoder, options => options.ContextLength = contextLength, rows);
        foreach (WaveRow row in rows)
        {
            WaveForecast expected = WaveModels.Transform(model, row).Single();
            ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, WaveObservation.FromRow(row));
            WaveForecast.AssertEqual(expected, engine.Forecast(), $"{anchor}, {encoder}");
            string path = Path.GetTempFileName();
            try
            {
                engine.CheckPoint(path);
                WaveForecast.AssertEqual(expected, model.ResumeForecastEngine<WaveObservation, WaveForecast>(path).Forecast(), "resumed");
            }
            finally
            {
                File.Delete(path);
            }
        }
    }
}
