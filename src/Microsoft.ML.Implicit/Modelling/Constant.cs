using System.Globalization;
using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>Numbers that never change.</summary>
public sealed class Constant : Expression
{
    private readonly double[] _values;

    private Constant(double[] values, int rows, int columns)
        : base(rows, columns)
    {
        _values = Array.TrueForAll(values, double.IsFinite) ? values : throw new ArgumentException("A constant must be finite.", nameof(values));
        Sign = Rules.Of(values);
    }

    /// <inheritdoc/>
    public override Curvature Curvature => Curvature.Constant;

    /// <inheritdoc/>
    public override Sign Sign { get; }

    internal override bool HasParameters => false;

    /// <summary>A scalar.</summary>
    /// <param name="value">The number.</param>
    /// <exception cref="ArgumentException">It is not finite.</exception>
    public static Constant Of(double value) => new([value], 1, 1);

    /// <summary>A vector.</summary>
    /// <param name="values">The entries; copied.</param>
    /// <exception cref="ArgumentException">There is none, or one is not finite.</exception>
    public static Constant Of(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(values.Length > 0 ? [.. values] : throw new ArgumentException("A constant must have entries.", nameof(values)), values.Length, 1);
    }

    /// <summary>A matrix.</summary>
    /// <param name="values">The entries; copied.</param>
    /// <exception cref="ArgumentException">There is none, or one is not finite.</exception>
    public static Constant Of(double[,] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(values.Length > 0 ? [.. values.Cast<double>()] : throw new ArgumentException("A constant must have entries.", nameof(values)), values.GetLength(0), values.GetLength(1));
    }

    /// <inheritdoc/>
    public override string ToString() => Size == 1 ? _values[0].ToString("G6", CultureInfo.InvariantCulture) : $"constant[{Rows}, {Columns}]";

    internal override AffineForm Canonicalize(ProgramBuilder builder) =>
        new(Size, [.. _values.Select((value, i) => new AffineTerm(i, AffineTerm.None, AffineTerm.None, value)).Where(term => term.Value != 0)]);
}
