namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>Central differences; points beyond a boundary get the value of the polynomial through the condition there and the points next to it.</summary>
/// <param name="order">Order of the error in the spacing, even.</param>
internal sealed class FiniteDifferences(int order) : DerivativeScheme
{
    private const int Highest = 4;
    private const int HighestBounded = 2;

    public override AxisDerivatives Prepare(GridAxis axis, int highest)
    {
        ArgumentNullException.ThrowIfNull(axis);
        ArgumentOutOfRangeException.ThrowIfLessThan(highest, 1);
        if (highest > (axis.IsPeriodic ? Highest : HighestBounded))
        {
            throw new ArgumentException($"Finite differences have derivatives up to the {(axis.IsPeriodic ? Highest : HighestBounded)}th on the axis of {axis}, not the {highest}th.", nameof(highest));
        }

        int reach = (order / 2) + ((highest - 1) / 2);
        if (axis.Points < (2 * reach) + 1)
        {
            throw new ArgumentException($"Differences of order {order} need at least {(2 * reach) + 1} points on an axis, not {axis.Points}.", nameof(axis));
        }

        return axis.IsPeriodic
            ? new StencilDerivatives(axis, highest, reach, null, null)
            : new StencilDerivatives(axis, highest, reach, new GhostValues(axis.Lower!, axis.Spacing, order, reach), new GhostValues(axis.Upper!, -axis.Spacing, order, reach));
    }

    /// <inheritdoc/>
    public override string ToString() => $"finite differences of order {order}";
}
