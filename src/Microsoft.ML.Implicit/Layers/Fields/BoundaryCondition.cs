namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>What holds at an end of an axis: the field's value, or its derivative along the axis.</summary>
public sealed record BoundaryCondition
{
    private BoundaryCondition(bool isSlope, double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, "What holds at a boundary must be finite.");
        }

        (IsSlope, Value) = (isSlope, value);
    }

    /// <summary>Whether it is the derivative that is given, else the value.</summary>
    public bool IsSlope { get; }

    /// <summary>The value or derivative.</summary>
    public double Value { get; }

    /// <summary>The field has a value at the boundary (Dirichlet).</summary>
    /// <param name="value">The value, the same at all times.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public static BoundaryCondition Dirichlet(double value = 0) => new(false, value);

    /// <summary>The field has a derivative at the boundary (Neumann), such as 0 where nothing passes through.</summary>
    /// <param name="slope">The derivative in the direction of the axis, at both ends, the same at all times.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not finite.</exception>
    public static BoundaryCondition Neumann(double slope = 0) => new(true, slope);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{(IsSlope ? "Neumann" : "Dirichlet")} {Value:R}");
}
