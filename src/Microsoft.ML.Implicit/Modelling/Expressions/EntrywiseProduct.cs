using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>A product entry by entry.</summary>
internal sealed class EntrywiseProduct : ProductExpression
{
    public EntrywiseProduct(Expression left, Expression right)
        : this(left, right, Shapes.Common(left, right, "*"))
    {
    }

    private EntrywiseProduct(Expression left, Expression right, (int Rows, int Columns) shape)
        : base(left, right, $"{left.Inner} * {right.Inner}", shape.Rows, shape.Columns)
    {
    }

    internal override AffineForm CanonicalizeCost(ProgramBuilder builder, AffineForm weights)
    {
        (Expression factor, Expression operand) = Left.HasVariables ? (Right, Left) : (Left, Right);
        return operand.CanonicalizeCost(builder, weights.EntrywiseProduct(factor.Canonicalize(builder).Broadcast(Size)).Gather(operand.Size));
    }

    internal override AffineForm Canonicalize(ProgramBuilder builder) =>
        Left.Canonicalize(builder).Broadcast(Size).EntrywiseProduct(Right.Canonicalize(builder).Broadcast(Size));
}
