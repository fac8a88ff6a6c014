namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>One observation of a wave, as an engine takes it in.</summary>
internal sealed class WaveObservation
{
    public double Time { get; set; }

    public float Sine { get; set; } = float.NaN;

    public float Cosine { get; set; } = float.NaN;

    public float Amplitude { get; set; }

    public static WaveRow ToRow(IReadOnlyCollection<WaveObservation> observations, params double[] forecastTimes) => new()
    {
        Time = [.. observations.Select(observation => observation.Time)],
        Sine = [.. observations.Select(observation => observation.Sine)],
        Cosine = [.. observations.Select(observation => observation.Cosine)],
        Amplitude = observations.First().Amplitude,
        ForecastTime = forecastTimes,
    };

    public static List<WaveObservation> FromRow(WaveRow row) =>
        [.. row.Time.Select((time, i) => new WaveObservation { Time = time, Sine = row.Sine[i], Cosine = row.Cosine[i], Amplitude = row.Amplitude })];
}
