using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>Numbers that are given with each solve, and with respect to which solutions are differentiated.</summary>
public sealed class Parameter : Expression
{
    /// <summary>Creates a parameter.</summary>
    /// <param name="name">Its name, unique in a program.</param>
    /// <param name="rows">Entries of a vector, or rows of a matrix.</param>
    /// <param name="columns">Columns of a matrix, whose entries are given row by row.</param>
    /// <param name="sign">A sign that its entries are promised to have. A row of other values is not solved: <see cref="Solvers.SolveStatus.InvalidInput"/>.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It has no entries.</exception>
    public Parameter(string name, int rows = 1, int columns = 1, Sign sign = Sign.Unknown)
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
    public override Curvature Curvature => Curvature.Constant;

    /// <inheritdoc/>
    public override Sign Sign { get; }

    internal override bool HasParameters => true;

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal override AffineForm Canonicalize(ProgramBuilder builder) => builder.Of(this);
}
