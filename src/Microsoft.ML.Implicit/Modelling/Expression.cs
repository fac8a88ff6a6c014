using System.Globalization;
using Microsoft.ML.Implicit.Modelling.Compilation;
using Microsoft.ML.Implicit.Modelling.Expressions;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>
/// A scalar, vector (one column) or matrix made of variables, parameters and constants, whose curvature the rules of disciplined convex programming tell.
/// Arithmetic is entry by entry, and a scalar goes with any shape; <see cref="Functions.Product"/> is the product of matrices.
/// </summary>
public abstract class Expression
{
    private protected Expression(long rows, long columns, string text = "An expression")
    {
        if (rows * columns > Array.MaxLength)
        {
            throw new ArgumentException($"{text} of [{rows}, {columns}] has more than {Array.MaxLength} entries.");
        }

        (Rows, Columns) = ((int)rows, (int)columns);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Number of entries.</summary>
    public int Size => Rows * Columns;

    /// <summary>How it bends.</summary>
    public abstract Curvature Curvature { get; }

    /// <summary>What is known of its sign.</summary>
    public abstract Sign Sign { get; }

    /// <summary>Whether a parameter occurs in it.</summary>
    internal abstract bool HasParameters { get; }

    /// <summary>Whether a variable occurs in it.</summary>
    internal bool HasVariables => Curvature != Curvature.Constant;

    /// <summary>An entry of a vector.</summary>
    /// <param name="index">Its index.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such entry.</exception>
    public Expression this[int index] => index >= 0 && index < Size ? Slice(index, 1) : throw new ArgumentOutOfRangeException(nameof(index), index, NamesOfEntries());

    /// <summary>An entry of a matrix.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="column">Its column.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row or column.</exception>
    public Expression this[int row, int column]
    {
        get
        {
            if (row < 0 || row >= Rows)
            {
                throw new ArgumentOutOfRangeException(nameof(row), row, $"{Inner} is [{Rows}, {Columns}]: its rows are 0 to {Rows - 1}.");
            }

            if (column < 0 || column >= Columns)
            {
                throw new ArgumentOutOfRangeException(nameof(column), column, $"{Inner} is [{Rows}, {Columns}]: its columns are 0 to {Columns - 1}.");
            }

            return new LinearExpression(this, 1, 1, [(0, (row * Columns) + column, 1)], $"{Inner}[{row}, {column}]");
        }
    }

    /// <summary>Makes a constant of a number.</summary>
    /// <param name="value">The number.</param>
    public static implicit operator Expression(double value) => Constant.Of(value);

    /// <summary>Makes a constant of a vector.</summary>
    /// <param name="values">The entries; copied.</param>
    public static implicit operator Expression(double[] values) => Constant.Of(values);

    /// <summary>Makes a constant of a matrix.</summary>
    /// <param name="values">The entries; copied.</param>
    public static implicit operator Expression(double[,] values) => Constant.Of(values);

    /// <summary>The sum.</summary>
    /// <param name="left">A summand.</param>
    /// <param name="right">A summand of the same shape, or one of the two a scalar.</param>
    public static Expression operator +(Expression left, Expression right) => new SumExpression(left, right);

    /// <summary>The difference.</summary>
    /// <param name="left">What is subtracted from.</param>
    /// <param name="right">What is subtracted, of the same shape, or one of the two a scalar.</param>
    public static Expression operator -(Expression left, Expression right) => new SumExpression(left, -right);

    /// <summary>The negation.</summary>
    /// <param name="operand">What is negated.</param>
    public static Expression operator -(Expression operand)
    {
        ArgumentNullException.ThrowIfNull(operand);
        return LinearExpression.Scaled(operand, -1, $"-{operand.Inner}");
    }

    /// <summary>The product entry by entry. One factor has no variables, the other no parameters.</summary>
    /// <param name="left">A factor.</param>
    /// <param name="right">A factor of the same shape, or one of the two a scalar.</param>
    public static Expression operator *(Expression left, Expression right) => new EntrywiseProduct(left, right);

    /// <summary>The quotient by a number.</summary>
    /// <param name="left">What is divided.</param>
    /// <param name="right">The divisor, not zero.</param>
    public static Expression operator /(Expression left, double right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentOutOfRangeException.ThrowIfZero(right);
        return LinearExpression.Scaled(left, 1 / right, $"{left.Inner} / {right.ToString("G6", CultureInfo.InvariantCulture)}");
    }

    /// <summary>The constraint that no entry of the left is above that of the right.</summary>
    /// <param name="left">Convex.</param>
    /// <param name="right">Concave.</param>
    public static Constraint operator <=(Expression left, Expression right) => Constraint.AtMost(left, right);

    /// <summary>The constraint that no entry of the left is below that of the right.</summary>
    /// <param name="left">Concave.</param>
    /// <param name="right">Convex.</param>
    public static Constraint operator >=(Expression left, Expression right) => Constraint.AtMost(right, left);

    /// <summary>Successive entries of a vector.</summary>
    /// <param name="start">The first.</param>
    /// <param name="count">How many, at least one.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are no such entries.</exception>
    public Expression Slice(int start, int count)
    {
        if (start < 0 || start >= Size)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start, NamesOfEntries());
        }

        if (count < 1 || count > Size - start)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"{NamesOfEntries()} From {start} on there are {Size - start}.");
        }

        return new LinearExpression(this, count, 1, [.. Enumerable.Range(0, count).Select(i => (i, start + i, 1.0))], count == 1 ? $"{Inner}[{start}]" : $"{Inner}[{start}..{start + count}]");
    }

    /// <summary>The constraint that both are equal.</summary>
    /// <param name="other">Affine, of the same shape, or one of the two a scalar.</param>
    public Constraint EqualTo(Expression other) => Constraint.Equal(this, other);

    /// <summary>The constraint that a symmetric matrix is positive semidefinite. Its symmetric part counts.</summary>
    public Constraint IsPositiveSemidefinite() => Constraint.Semidefinite(this);

    /// <summary>The expression as a subexpression of a product.</summary>
    internal string Inner => ToString() is { } text && text.Contains(' ', StringComparison.Ordinal) && !text.EndsWith(')') ? $"({text})" : ToString()!;

    /// <summary>The expression as a matrix of affine forms, with the constraints that hold it in the program.</summary>
    internal abstract AffineForm Canonicalize(ProgramBuilder builder);

    /// <summary>Σ weightᵢ · entryᵢ as a part of the objective, which, unlike a constraint, bears squares.</summary>
    /// <param name="builder">The program.</param>
    /// <param name="weights">A weight an entry, without variables, of signs that make a cost convex.</param>
    internal virtual AffineForm CanonicalizeCost(ProgramBuilder builder, AffineForm weights) => weights.EntrywiseProduct(Canonicalize(builder)).Sum();

    private string NamesOfEntries() => Size == 1 ? $"{Inner} is one number, entry 0." : $"{Inner} has {Size} entries, 0 to {Size - 1}.";
}
