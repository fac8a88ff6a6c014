namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>A grid of evenly spaced points on a line or in a rectangle.</summary>
public sealed record FieldGrid
{
    /// <summary>Creates a grid.</summary>
    /// <param name="axes">One axis, or two: the last one's points follow each other in a field's values.</param>
    /// <exception cref="ArgumentException">There is no axis, or there are more than two.</exception>
    public FieldGrid(params IReadOnlyList<GridAxis> axes)
    {
        ArgumentNullException.ThrowIfNull(axes);
        if (axes.Count is < 1 or > 2)
        {
            throw new ArgumentException($"A grid has one axis or two, not {axes.Count}.", nameof(axes));
        }

        Axes = [.. axes];
        foreach (GridAxis axis in Axes)
        {
            ArgumentNullException.ThrowIfNull(axis, nameof(axes));
        }
    }

    /// <summary>The axes.</summary>
    public IReadOnlyList<GridAxis> Axes { get; }

    /// <summary>Number of points of all.</summary>
    public int PointCount => Axes.Aggregate(1, (count, axis) => checked(count * axis.Points));

    /// <summary>Points of each axis.</summary>
    internal long[] Shape => [.. Axes.Select(axis => (long)axis.Points)];

    /// <summary>Whether the axes are the same.</summary>
    public bool Equals(FieldGrid? other) => other is not null && Axes.SequenceEqual(other.Axes);

    /// <inheritdoc/>
    public override int GetHashCode() => Axes.Aggregate(0, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => string.Join(" by ", Axes);
}
