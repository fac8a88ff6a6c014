namespace Microsoft.ML.Implicit.Samples.ForecastIrregular;

/// <summary>A storm as <c>GroupIntoSeries</c> gives it, its times in days.</summary>
internal sealed class StormSeries
{
    public string Name { get; set; } = string.Empty;

    public double[] Time { get; set; } = [];

    public float[] Latitude { get; set; } = [];

    public float[] Longitude { get; set; } = [];

    public float[] Wind { get; set; } = [];

    public float[] Pressure { get; set; } = [];

    public Storm ToHours() => new()
    {
        Name = Name,
        Hour = [.. Time.Select(time => 24 * (time - Time[0]))],
        Latitude = Latitude,
        Longitude = Longitude,
        Wind = Wind,
        Pressure = Pressure,
    };
}
