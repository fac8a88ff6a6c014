using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Density;

/// <summary>A point of the plane.</summary>
internal sealed class Point
{
    [VectorType(2)]
    public float[] Features { get; set; } = [];
}
