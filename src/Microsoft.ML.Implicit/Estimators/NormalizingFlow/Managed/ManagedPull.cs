using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Layers.Flow;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A row as <see cref="PulledRows"/> pulls it in.</summary>
/// <param name="Stretch">How many times as far out the row lies, at least one.</param>
/// <param name="MeanSquare">Mean square of its coordinates before.</param>
internal readonly record struct ManagedPull(double Stretch, double MeanSquare)
{
    /// <summary>Pulls a row in, in place.</summary>
    public static ManagedPull To(Span<double> row, double limit)
    {
        double meanSquare = TensorPrimitives.SumOfSquares<double>(row) / Math.Max(1, row.Length);
        double stretch = Math.Max(Math.Sqrt(meanSquare) / limit, 1);
        TensorPrimitives.Divide(row, stretch, row);
        return new ManagedPull(stretch, meanSquare);
    }

    /// <summary>By how much a log density falls from a row of a given sum of squares to the same row stretched as this is, in nats.</summary>
    public double LogDensityLost(double sumOfSquares, RadialKernel kernel) => kernel.Log(sumOfSquares) - kernel.Log(sumOfSquares * Stretch * Stretch);
}
