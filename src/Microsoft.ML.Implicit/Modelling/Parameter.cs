using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>Numbers that are given with each solve, and with respect to which solutions are differentiated.</summary>
public sealed class Parameter : Symbol
{
    /// <summary>Creates a parameter.</summary>
    /// <param name="name">Its name, unique among the variables and parameters of a program.</param>
    /// <param name="rows">Entries of a vector, or rows of a matrix.</param>
    /// <param name="columns">Columns of a matrix, whose entries are given row by row.</param>
    /// <param name="sign">A sign that its entries are promised to have. A row of other values is not solved: <see cref="Solvers.SolveStatus.InvalidInput"/>.</param>
    /// <exception cref="ArgumentException">The name is empty, or it has more entries than an array can have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It has no entries, or the sign is unknown to the library.</exception>
    public Parameter(string name, int rows = 1, int columns = 1, Sign sign = Sign.Unknown)
        : base(name, rows, columns, sign)
    {
    }

    /// <inheritdoc/>
    public override Curvature Curvature => Curvature.Constant;

    internal override bool HasParameters => true;

    internal override AffineForm Canonicalize(ProgramBuilder builder) => builder.Of(this);
}
