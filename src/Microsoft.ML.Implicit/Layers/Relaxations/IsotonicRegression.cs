using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>The sequence that falls nowhere, or rises nowhere, and is nearest to each row: ½ ‖u - x‖² under u₁ ≤ u₂ ≤ …, differentiable with respect to x.</summary>
/// <example><code>
/// Tensor calibrated = IsotonicRegression.Increasing(responses);
/// </code></example>
public static class IsotonicRegression
{
    /// <summary>The nearest sequence that falls nowhere.</summary>
    /// <param name="values">Float32 or float64, <c>[rows, values]</c>.</param>
    /// <returns>The same shape; NaN where a row is not finite.</returns>
    /// <exception cref="ArgumentException">The values are no rows of floating-point numbers.</exception>
    public static Tensor Increasing(Tensor values)
    {
        RowTensor.Check(values, nameof(values));
        using DisposeScope scope = NewDisposeScope();
        Tensor blocks = Blocks.Find(values, (int)values.shape[1], (_, row, own) => PoolAdjacentViolators.Solve(row, own));
        return RowTensor.WhereFinite(values, Blocks.Mean(values, blocks)).MoveToOuterDisposeScope();
    }

    /// <summary>The nearest sequence that rises nowhere.</summary>
    /// <inheritdoc cref="Increasing"/>
    public static Tensor Decreasing(Tensor values)
    {
        RowTensor.Check(values, nameof(values));
        using DisposeScope scope = NewDisposeScope();
        return Increasing(values.neg()).neg().MoveToOuterDisposeScope();
    }
}
