using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Control;

/// <summary>An hour's weather.</summary>
internal sealed class WeatherHour
{
    [LoadColumn(0)]
    public DateTime Time { get; set; }

    /// <summary>Degrees Celsius.</summary>
    [LoadColumn(1)]
    public float Temperature { get; set; }

    /// <summary>Degrees Celsius.</summary>
    [LoadColumn(2)]
    public float DewPoint { get; set; }

    /// <summary>Metres by second.</summary>
    [LoadColumn(3)]
    public float Wind { get; set; }
}
