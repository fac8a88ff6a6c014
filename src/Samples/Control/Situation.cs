using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Control;

/// <summary>What is known when heating is planned, and, of the past, what the weather then did.</summary>
internal sealed class Situation
{
    /// <summary>When the first hour of the plan begins.</summary>
    public DateTime Time { get; set; }

    /// <summary>The weather of the last day, and the time of day.</summary>
    [VectorType(WeatherHistory.FeatureCount)]
    public float[] Features { get; set; } = [];

    /// <summary>Temperature of the room in °C.</summary>
    public float Start { get; set; }

    /// <summary>Price of electricity in each hour of the plan, by kWh.</summary>
    [VectorType(Room.Horizon)]
    public float[] Prices { get; set; } = [];

    /// <summary>Least comfortable temperature at the end of each hour.</summary>
    [VectorType(Room.Horizon)]
    public float[] Comfort { get; set; } = [];

    /// <summary>Temperature outside in each hour.</summary>
    [VectorType(Room.Horizon)]
    public float[] Outdoor { get; set; } = [];
}
