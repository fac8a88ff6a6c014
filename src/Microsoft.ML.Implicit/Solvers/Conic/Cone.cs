namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>A cone, or a product of cones of one kind, that successive slacks of a cone program are held in.</summary>
public sealed record Cone
{
    private Cone(ConeKind kind, int size, int dimension)
    {
        Kind = kind;
        Size = size;
        Dimension = dimension;
    }

    /// <summary>Its kind.</summary>
    public ConeKind Kind { get; }

    /// <summary>What it was created with: entries, the order of a matrix, or a number of exponential cones.</summary>
    public int Size { get; }

    /// <summary>Number of slacks.</summary>
    public int Dimension { get; }

    /// <summary>Slacks that are zero.</summary>
    /// <param name="count">How many, possibly none.</param>
    public static Cone Zero(int count) => Create(ConeKind.Zero, count, count);

    /// <summary>Slacks that are nonnegative.</summary>
    /// <param name="count">How many, possibly none.</param>
    public static Cone Nonnegative(int count) => Create(ConeKind.Nonnegative, count, count);

    /// <summary>A slack t and others with ‖others‖₂ ≤ t.</summary>
    /// <param name="dimension">Number of slacks with t, possibly none.</param>
    public static Cone SecondOrder(int dimension) => Create(ConeKind.SecondOrder, dimension, dimension);

    /// <summary>A symmetric matrix that is positive semidefinite: its lower triangle by columns, the entries off the diagonal times √2.</summary>
    /// <param name="order">Rows of the matrix, possibly none.</param>
    public static Cone Semidefinite(int order) => Create(ConeKind.Semidefinite, order, checked(order * (order + 1) / 2));

    /// <summary>Triples (x, y, z) with y exp(x / y) ≤ z.</summary>
    /// <param name="count">How many triples, possibly none.</param>
    public static Cone Exponential(int count) => Create(ConeKind.Exponential, count, checked(3 * count));

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}({Size})";

    private static Cone Create(ConeKind kind, int size, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        return new Cone(kind, size, dimension);
    }
}
