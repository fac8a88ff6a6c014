using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>A sum entry by entry.</summary>
internal sealed class SumExpression : Expression
{
    private readonly Expression _left;
    private readonly Expression _right;

    public SumExpression(Expression left, Expression right)
        : this(left, right, Shapes.Common(left, right, "+"))
    {
    }

    private SumExpression(Expression left, Expression right, (int Rows, int Columns) shape)
        : base(shape.Rows, shape.Columns) => (_left, _right) = (left, right);

    public override Curvature Curvature => Rules.Sum(_left.Curvature, _right.Curvature);

    public override Sign Sign => Rules.Sum(_left.Sign, _right.Sign);

    internal override bool HasParameters => _left.HasParameters || _right.HasParameters;

    public override string ToString() => _right.ToString() is ['-', .. var rest] ? $"{_left} - {rest}" : $"{_left} + {_right}";

    internal override AffineForm CanonicalizeCost(ProgramBuilder builder, AffineForm weights) =>
        _left.CanonicalizeCost(builder, weights.Gather(_left.Size)).Plus(_right.CanonicalizeCost(builder, weights.Gather(_right.Size)));

    internal override AffineForm Canonicalize(ProgramBuilder builder) => _left.Canonicalize(builder).Broadcast(Size).Plus(_right.Canonicalize(builder).Broadcast(Size));
}
