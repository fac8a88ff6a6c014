namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>An axis of a grid of evenly spaced points.</summary>
public sealed record GridAxis
{
    private GridAxis(int points, double length, BoundaryCondition? lower, BoundaryCondition? upper)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 3);
        if (!(length > 0) || !double.IsFinite(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "The length of an axis must be positive.");
        }

        (Points, Length, Lower, Upper) = (points, length, lower, upper);
    }

    /// <summary>Number of points.</summary>
    public int Points { get; }

    /// <summary>Length, in the unit of coefficients such as a speed: of one period, or from one boundary to the other.</summary>
    public double Length { get; }

    /// <summary>What holds at the lower end; <see langword="null"/> where the axis is periodic.</summary>
    public BoundaryCondition? Lower { get; }

    /// <summary>What holds at the upper end; <see langword="null"/> where the axis is periodic.</summary>
    public BoundaryCondition? Upper { get; }

    /// <summary>Whether the axis closes on itself.</summary>
    public bool IsPeriodic => Lower is null;

    /// <summary>Distance between neighbouring points.</summary>
    public double Spacing => Length / Points;

    /// <summary>
    /// Where the points lie: at i · spacing on a periodic axis, else at the centres of cells, (i + ½) · spacing, half a spacing away from the boundaries.
    /// </summary>
    public IReadOnlyList<double> Positions => [.. Enumerable.Range(0, Points).Select(i => (IsPeriodic ? i : i + 0.5) * Spacing)];

    /// <summary>An axis that closes on itself.</summary>
    /// <param name="points">Number of points, at least 3.</param>
    /// <param name="length">Length of a period: the point after the last one is the first.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer points, or the length is not positive.</exception>
    public static GridAxis Periodic(int points, double length) => new(points, length, null, null);

    /// <summary>An axis with boundaries, half a spacing beyond its outer points.</summary>
    /// <param name="points">Number of points, at least 3.</param>
    /// <param name="length">Distance of the boundaries.</param>
    /// <param name="lower">What holds at the lower one.</param>
    /// <param name="upper">What holds at the upper one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer points, or the length is not positive.</exception>
    public static GridAxis Bounded(int points, double length, BoundaryCondition lower, BoundaryCondition upper)
    {
        ArgumentNullException.ThrowIfNull(lower);
        ArgumentNullException.ThrowIfNull(upper);
        return new GridAxis(points, length, lower, upper);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Points} points on {Length:R}, {(IsPeriodic ? "periodic" : $"{Lower} to {Upper}")}");
}
