using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>A product of matrices.</summary>
internal sealed class MatrixProduct : ProductExpression
{
    public MatrixProduct(Expression left, Expression right)
        : base(left, right, $"Product({left}, {right})", left.Rows, right.Columns)
    {
        if (left.Columns != right.Rows)
        {
            throw new ArgumentException($"{this}: the left is [{left.Rows}, {left.Columns}], the right [{right.Rows}, {right.Columns}].", nameof(right));
        }
    }

    internal override AffineForm Canonicalize(ProgramBuilder builder) =>
        Left.Canonicalize(builder).Product(Right.Canonicalize(builder), Left.Rows, Left.Columns, Right.Columns);
}
