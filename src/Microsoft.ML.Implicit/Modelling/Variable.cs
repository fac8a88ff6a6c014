using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>What a program decides on.</summary>
public sealed class Variable : Expression
{
    /// <summary>Creates a variable.</summary>
    /// <param name="name">Its name, unique in a program.</param>
    /// <param name="rows">Entries of a vector, or rows of a matrix.</param>
    /// <param name="columns">Columns of a matrix.</param>
    /// <param name="sign">A sign that its entries are held to.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It has no entries.</exception>
    public Variable(string name, int rows = 1, int columns = 1, Sign sign = Sign.Unknown)
        : base(rows, columns)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Name = name;
        Sign = sign;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override Curvature Curvature => Curvature.Affine;

    /// <inheritdoc/>
    public override Sign Sign { get; }

    internal override bool HasParameters => false;

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal override AffineForm Canonicalize(ProgramBuilder builder) => builder.Of(this);
}
