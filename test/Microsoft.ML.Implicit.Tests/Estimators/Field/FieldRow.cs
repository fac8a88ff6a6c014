using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.Field;

/// <summary>A field at a time.</summary>
internal sealed class FieldRow
{
    public string Run { get; set; } = string.Empty;

    public double Time { get; set; }

    [VectorType(Simulation.Points)]
    public float[] Field { get; set; } = [];
}
