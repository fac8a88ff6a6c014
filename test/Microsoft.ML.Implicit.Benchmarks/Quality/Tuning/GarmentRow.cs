using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>An image of 28 by 28 pixels and the class it is said to be of.</summary>
internal sealed record GarmentRow
{
    [VectorType(784)]
    public float[] Features { get; init; } = [];

    [KeyType(10)]
    public uint Label { get; init; }
}
