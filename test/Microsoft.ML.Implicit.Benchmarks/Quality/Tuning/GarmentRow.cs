using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>The principal components of an image and the class it is said to be of.</summary>
internal sealed record GarmentRow
{
    public const int Width = 100;

    [VectorType(Width)]
    public float[] Features { get; set; } = [];

    public int Class { get; set; }
}
