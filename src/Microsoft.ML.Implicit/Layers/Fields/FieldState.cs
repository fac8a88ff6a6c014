using Microsoft.ML.Implicit.Layers.Fields.Derivatives;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>A field and its derivatives at all points of a grid, as terms see it.</summary>
public sealed class FieldState
{
    private readonly Tensor[] _derivatives;

    /// <param name="value">u.</param>
    /// <param name="axes">Derivatives along each axis.</param>
    /// <param name="highest">Highest derivative along an axis.</param>
    internal FieldState(Tensor value, IReadOnlyList<AxisDerivatives> axes, int highest)
    {
        Value = value;
        AxisCount = axes.Count;
        HighestDerivative = highest;
        _derivatives = highest == 0 ? [] : [.. axes.Select((derivatives, axis) => axis == AxisCount - 1
            ? derivatives.Compute(value)
            : derivatives.Compute(value.transpose(-1, -2)).transpose(-2, -3))];
    }

    /// <summary>u, <c>[batch, components, points...]</c>.</summary>
    public Tensor Value { get; }

    /// <summary>Number of axes.</summary>
    public int AxisCount { get; }

    /// <summary>Highest derivative that can be asked for.</summary>
    public int HighestDerivative { get; }

    /// <summary>A derivative along an axis.</summary>
    /// <param name="axis">The axis, from 0.</param>
    /// <param name="order">1 for the first derivative, up to the highest that one of the terms needs.</param>
    /// <returns>Of the shape of <see cref="Value"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis or derivative.</exception>
    public Tensor Derivative(int axis, int order)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(axis);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(axis, AxisCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(order, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(order, HighestDerivative);
        return _derivatives[axis].select(-1, order - 1);
    }

    /// <summary>The sum of the second derivatives along all axes.</summary>
    /// <returns>Of the shape of <see cref="Value"/>.</returns>
    public Tensor Laplacian() => Enumerable.Range(0, AxisCount).Select(axis => Derivative(axis, 2)).Aggregate((sum, next) => sum.Plus(next));
}
