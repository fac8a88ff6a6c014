using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Field;

/// <summary>A field at a time of a run.</summary>
internal sealed class Snapshot
{
    public string Run { get; set; } = string.Empty;

    public double Time { get; set; }

    [VectorType(BurgersRuns.Points)]
    public float[] Field { get; set; } = [];
}
