using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>What a program decides on.</summary>
public sealed class Variable : Symbol
{
    /// <summary>Creates a variable.</summary>
    /// <param name="name">Its name, unique among the variables and parameters of a program.</param>
    /// <param name="rows">Entries of a vector, or rows of a matrix.</param>
    /// <param name="columns">Columns of a matrix.</param>
    /// <param name="sign">A sign that its entries are held to.</param>
    /// <exception cref="ArgumentException">The name is empty, or it has more entries than an array can have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It has no entries, or the sign is unknown to the library.</exception>
    public Variable(string name, int rows = 1, int columns = 1, Sign sign = Sign.Unknown)
        : base(name, rows, columns, sign)
    {
    }

    /// <inheritdoc/>
    public override Curvature Curvature => Curvature.Affine;

    internal override bool HasParameters => false;

    internal override AffineForm Canonicalize(ProgramBuilder builder) => builder.Of(this);
}
