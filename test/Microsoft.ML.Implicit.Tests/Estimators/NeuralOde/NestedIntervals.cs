using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.NeuralOde;

/// <summary>Points of a line: an interval, which is true, between two that are false.</summary>
internal sealed class NestedIntervals
{
    [VectorType(1)]
    public float[] Features { get; set; } = [];

    public bool Label { get; set; }

    /// <summary>Equally many points of [-2, -1], [-0.5, 0.5] and [1, 2].</summary>
    public static NestedIntervals[] Create(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new NestedIntervals
        {
            Features = [((i % 3) - 1) * 1.5f + ((float)i / count) - 0.5f],
            Label = i % 3 == 1,
        })];
}
