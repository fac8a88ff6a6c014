using Microsoft.ML.Implicit.Modelling.Atoms;
using Microsoft.ML.Implicit.Modelling.Expressions;

namespace Microsoft.ML.Implicit.Modelling;

/// <summary>Functions of expressions. Those that are not linear follow the rules of disciplined convex programming.</summary>
public static class Functions
{
    private static readonly AtomKind AbsoluteKind = AtomKind.Magnitude(ConeForms.Absolute);
    private static readonly AtomKind NormKind = AtomKind.Magnitude(ConeForms.Norm);
    private static readonly AtomKind LargestMagnitudeKind = AtomKind.Magnitude(ConeForms.LargestMagnitude);
    private static readonly AtomKind SquareKind = AtomKind.Magnitude(ConeForms.Square, ConeForms.SquareCost);
    private static readonly AtomKind SumSquaresKind = AtomKind.Magnitude(ConeForms.SumSquares, ConeForms.SumSquaresCost);
    private static readonly AtomKind LargestKind = AtomKind.Increasing(sign => sign, ConeForms.Largest);
    private static readonly AtomKind PositiveKind = AtomKind.Increasing(_ => Sign.Nonnegative, ConeForms.Positive);
    private static readonly AtomKind ExponentialKind = AtomKind.Increasing(_ => Sign.Nonnegative, ConeForms.Exponential);
    private static readonly AtomKind LogisticKind = AtomKind.Increasing(_ => Sign.Nonnegative, ConeForms.Logistic);
    private static readonly AtomKind LogSumExpKind = AtomKind.Increasing(_ => Sign.Unknown, ConeForms.LogSumExp);
    private static readonly AtomKind SquareRootKind = AtomKind.Concave(Monotonicity.Increasing, _ => Sign.Nonnegative, ConeForms.SquareRoot);
    private static readonly AtomKind LogarithmKind = AtomKind.Concave(Monotonicity.Increasing, _ => Sign.Unknown, ConeForms.Logarithm);
    private static readonly AtomKind EntropyKind = AtomKind.Concave(Monotonicity.None, _ => Sign.Unknown, ConeForms.Entropy);
    private static readonly AtomKind LogDeterminantKind = AtomKind.Concave(Monotonicity.None, _ => Sign.Unknown, ConeForms.LogDeterminant);

    /// <summary>The sum of all entries.</summary>
    /// <param name="x">Of any curvature.</param>
    public static Expression Sum(Expression x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return new LinearExpression(x, 1, 1, [.. Enumerable.Range(0, x.Size).Select(i => (0, i, 1.0))], $"Sum({x})");
    }

    /// <summary>The sum of the diagonal of a square matrix.</summary>
    /// <param name="x">Of any curvature.</param>
    public static Expression Trace(Expression x)
    {
        RequireSquare(x, nameof(Trace));
        return new LinearExpression(x, 1, 1, [.. Enumerable.Range(0, x.Rows).Select(i => (0, (i * x.Columns) + i, 1.0))], $"Trace({x})");
    }

    /// <summary>The diagonal of a square matrix, as a vector.</summary>
    /// <param name="x">Of any curvature.</param>
    public static Expression Diagonal(Expression x)
    {
        RequireSquare(x, nameof(Diagonal));
        return new LinearExpression(x, x.Rows, 1, [.. Enumerable.Range(0, x.Rows).Select(i => (i, (i * x.Columns) + i, 1.0))], $"Diagonal({x})");
    }

    /// <summary>The transpose.</summary>
    /// <param name="x">Of any curvature.</param>
    public static Expression Transpose(Expression x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return new LinearExpression(x, x.Columns, x.Rows, [.. Enumerable.Range(0, x.Size).Select(i => ((i % x.Columns * x.Rows) + (i / x.Columns), i, 1.0))], $"Transpose({x})");
    }

    /// <summary>Rows below each other.</summary>
    /// <param name="parts">With as many columns each.</param>
    /// <exception cref="ArgumentException">There is none, one is null, or their columns differ.</exception>
    public static Expression Stack(params Expression[] parts)
    {
        Operands.RequireAll(parts, nameof(parts));
        return parts.Length > 0 && Array.TrueForAll(parts, part => part.Columns == parts[0].Columns)
            ? new StackExpression([.. parts])
            : throw new ArgumentException("There must be parts, with as many columns each.", nameof(parts));
    }

    /// <summary>The product of two matrices, or of a matrix and a vector. One factor has no variables, the other no parameters, or one is constant.</summary>
    /// <param name="left">[rows, inner].</param>
    /// <param name="right">[inner, columns].</param>
    /// <exception cref="ArgumentException">Shapes do not match, or both factors have variables or parameters.</exception>
    public static Expression Product(Expression left, Expression right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return new MatrixProduct(left, right);
    }

    /// <summary>Σ leftᵢ rightᵢ of two vectors, on the terms of <see cref="Product"/>.</summary>
    /// <param name="left">A vector.</param>
    /// <param name="right">A vector as long.</param>
    public static Expression Dot(Expression left, Expression right) => Sum(left * right);

    /// <summary>|x|, entry by entry. Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    public static Expression Abs(Expression x) => Entrywise(nameof(Abs), x, AbsoluteKind);

    /// <summary>max(x, 0), entry by entry. Convex.</summary>
    /// <param name="x">Convex.</param>
    public static Expression Positive(Expression x) => Entrywise(nameof(Positive), x, PositiveKind);

    /// <summary>x², entry by entry. Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    public static Expression Square(Expression x) => Entrywise(nameof(Square), x, SquareKind);

    /// <summary>√x, entry by entry. Concave.</summary>
    /// <param name="x">Concave.</param>
    public static Expression Sqrt(Expression x) => Entrywise(nameof(Sqrt), x, SquareRootKind);

    /// <summary>eˣ, entry by entry. Convex.</summary>
    /// <param name="x">Convex.</param>
    public static Expression Exp(Expression x) => Entrywise(nameof(Exp), x, ExponentialKind);

    /// <summary>The natural logarithm, entry by entry. Concave.</summary>
    /// <param name="x">Concave.</param>
    public static Expression Log(Expression x) => Entrywise(nameof(Log), x, LogarithmKind);

    /// <summary>−x log x, entry by entry. Concave.</summary>
    /// <param name="x">Affine.</param>
    public static Expression Entropy(Expression x) => Entrywise(nameof(Entropy), x, EntropyKind);

    /// <summary>log(1 + eˣ), entry by entry. Convex.</summary>
    /// <param name="x">Convex.</param>
    public static Expression Logistic(Expression x) => Entrywise(nameof(Logistic), x, LogisticKind);

    /// <summary>x² up to a width M and 2M|x| − M² beyond, entry by entry. Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    /// <param name="width">M, positive.</param>
    public static Expression Huber(Expression x, double width = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        return Entrywise(nameof(Huber), x, AtomKind.Magnitude(
            (form, builder) => ConeForms.Huber(form, width, builder), (form, weights, builder) => ConeForms.HuberCost(form, width, weights, builder)));
    }

    /// <summary>The largest entry. Convex.</summary>
    /// <param name="x">Convex.</param>
    public static Expression Max(Expression x) => Scalar(nameof(Max), x, LargestKind);

    /// <summary>The largest entry of several expressions. Convex.</summary>
    /// <param name="first">Convex, a scalar or a vector.</param>
    /// <param name="second">As the first.</param>
    /// <param name="others">More of these.</param>
    /// <exception cref="ArgumentException">Their columns differ.</exception>
    public static Expression Max(Expression first, Expression second, params Expression[] others) => Max(Stack([first, second, .. others]));

    /// <summary>The smallest entry. Concave.</summary>
    /// <param name="x">Concave.</param>
    public static Expression Min(Expression x) => -Max(-x);

    /// <summary>The smallest entry of several expressions. Concave.</summary>
    /// <param name="first">Concave, a scalar or a vector.</param>
    /// <param name="second">As the first.</param>
    /// <param name="others">More of these.</param>
    /// <exception cref="ArgumentException">Their columns differ.</exception>
    public static Expression Min(Expression first, Expression second, params Expression[] others) => Min(Stack([first, second, .. others]));

    /// <summary>log Σ eˣ. Convex.</summary>
    /// <param name="x">Convex.</param>
    public static Expression LogSumExp(Expression x) => Scalar(nameof(LogSumExp), x, LogSumExpKind);

    /// <summary>Σ |xᵢ|. Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    public static Expression Norm1(Expression x) => Sum(Abs(x));

    /// <summary>√Σ xᵢ². Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    public static Expression Norm2(Expression x) => Scalar(nameof(Norm2), x, NormKind);

    /// <summary>max |xᵢ|. Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    public static Expression NormInfinity(Expression x) => Scalar(nameof(NormInfinity), x, LargestMagnitudeKind);

    /// <summary>Σ xᵢ². Convex.</summary>
    /// <param name="x">Affine, or convex and nonnegative.</param>
    public static Expression SumSquares(Expression x) => Scalar(nameof(SumSquares), x, SumSquaresKind);

    /// <summary>xᵀMx. Convex.</summary>
    /// <param name="x">An affine vector.</param>
    /// <param name="matrix">M, symmetric and positive semidefinite; a parameter enters by a factor F with M = FᵀF, as <c>SumSquares(Product(F, x))</c>.</param>
    /// <exception cref="ArgumentException">M is not symmetric and positive semidefinite, or its order is not the vector's length.</exception>
    public static Expression QuadraticForm(Expression x, double[,] matrix)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(matrix);
        return x.Columns == 1 && x.Rows == matrix.GetLength(0) && x.Rows == matrix.GetLength(1)
            ? Scalar(nameof(QuadraticForm), Product(SquareRootFactor.Of(matrix), x), SumSquaresKind)
            : throw new ArgumentException($"The matrix is [{matrix.GetLength(0)}, {matrix.GetLength(1)}], the vector [{x.Rows}, {x.Columns}].", nameof(matrix));
    }

    /// <summary>log det x of a symmetric positive definite matrix. Concave.</summary>
    /// <param name="x">An affine square matrix; its symmetric part counts.</param>
    public static Expression LogDeterminant(Expression x)
    {
        RequireSquare(x, nameof(LogDeterminant));
        return Scalar(nameof(LogDeterminant), x, LogDeterminantKind);
    }

    private static Atom Entrywise(string name, Expression x, AtomKind kind) => Create(name, x, kind, isScalar: false);

    private static Atom Scalar(string name, Expression x, AtomKind kind) => Create(name, x, kind, isScalar: true);

    private static Atom Create(string name, Expression x, AtomKind kind, bool isScalar)
    {
        ArgumentNullException.ThrowIfNull(x);
        return new Atom($"{name}({x})", x, kind, isScalar);
    }

    private static void RequireSquare(Expression x, string name)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (x.Rows != x.Columns)
        {
            throw new ArgumentException($"{name}({x}): the matrix is [{x.Rows}, {x.Columns}], not square.", nameof(x));
        }
    }
}
