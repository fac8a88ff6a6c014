using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Forecasters of waves of every kind, trained but not for long, and the ways to ask them.</summary>
internal static class WaveModels
{
    /// <summary>Every encoder, and the anchor that reads backward.</summary>
    public static IEnumerable<(LatentAnchor Anchor, SeriesEncoderKind Encoder)> Kinds =>
        Enum.GetValues<SeriesEncoderKind>().Select(kind => (LatentAnchor.LastObservation, kind)).Append((LatentAnchor.FirstObservation, SeriesEncoderKind.Gru));

    public static LatentOdeTransformer Train(LatentAnchor anchor, SeriesEncoderKind encoder, Action<LatentOdeOptions>? change = null, IEnumerable<WaveRow>? rows = null)
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.Anchor = anchor;
        options.Encoder = encoder;
        options.StaticColumnNames = [nameof(WaveRow.Amplitude)];
        change?.Invoke(options);
        return ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(rows ?? Waves.Create(30)));
    }

    public static LatentOdeTransformer TrainForTimes(LatentAnchor anchor, SeriesEncoderKind encoder, IEnumerable<WaveRow>? rows = null) =>
        Train(anchor, encoder, AskForTimes, rows);

    public static void AskForTimes(LatentOdeOptions options)
    {
        options.Horizon = [];
        options.MaximumHorizon = 2;
        options.ForecastTimeColumnName = nameof(WaveRow.ForecastTime);
    }

    public static WaveForecast[] Transform(LatentOdeTransformer model, params WaveRow[] rows)
    {
        IDataView answers = model.Transform(new MLContext().Data.LoadFromEnumerable(rows));
        float[][] forecast = Scored.Vectors(answers, "Forecast");
        float[][] lower = Scored.Vectors(answers, "Lower");
        float[][] upper = Scored.Vectors(answers, "Upper");
        return [.. forecast.Select((values, i) => new WaveForecast { Forecast = values, Lower = lower[i], Upper = upper[i] })];
    }

    public static ForecastEngine<WaveObservation, WaveForecast> Observe(LatentOdeTransformer model, IEnumerable<WaveObservation> observations)
    {
        ForecastEngine<WaveObservation, WaveForecast> engine = model.CreateForecastEngine<WaveObservation, WaveForecast>();
        foreach (WaveObservation observation in observations)
        {
            engine.Observe(observation);
        }

        return engine;
    }
}
