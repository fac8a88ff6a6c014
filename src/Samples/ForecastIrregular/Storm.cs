namespace Microsoft.ML.Implicit.Samples.ForecastIrregular;

/// <summary>A storm's observations, in hours since the first one; NaN where something was not observed.</summary>
internal sealed class Storm
{
    public string Name { get; set; } = string.Empty;

    public double[] Hour { get; set; } = [];

    public float[] Latitude { get; set; } = [];

    public float[] Longitude { get; set; } = [];

    public float[] Wind { get; set; } = [];

    public float[] Pressure { get; set; } = [];

    public double[] ForecastHour { get; set; } = [];

    public float[] Values(int variable) => variable switch { 0 => Latitude, 1 => Longitude, 2 => Wind, _ => Pressure };

    /// <summary>The first observations, with the times of those that follow within the horizon to forecast at.</summary>
    public Storm Until(int count, double horizon) => new()
    {
        Name = Name,
        Hour = Hour[..count],
        Latitude = Latitude[..count],
        Longitude = Longitude[..count],
        Wind = Wind[..count],
        Pressure = Pressure[..count],
        ForecastHour = [.. Hour[count..].TakeWhile(hour => hour - Hour[count - 1] <= horizon)],
    };
}
