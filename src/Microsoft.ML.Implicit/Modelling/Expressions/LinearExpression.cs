using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>A constant linear map of an expression: a multiple, a sum, entries, a transpose.</summary>
internal sealed class LinearExpression(Expression operand, int rows, int columns, IReadOnlyList<(int To, int From, double Value)> map, string text) : Expression(rows, columns)
{
    private readonly Sign _mapSign = Rules.Of(map.Select(entry => entry.Value));

    public override Curvature Curvature => Rules.Scale(_mapSign, operand.Curvature);

    public override Sign Sign => Rules.Product(_mapSign, operand.Sign);

    internal override bool HasParameters => operand.HasParameters;

    public static LinearExpression Scaled(Expression operand, double factor, string text) =>
        new(operand, operand.Rows, operand.Columns, [.. Enumerable.Range(0, operand.Size).Select(i => (i, i, factor))], text);

    public override string ToString() => text;

    internal override AffineForm Canonicalize(ProgramBuilder builder) => operand.Canonicalize(builder).Map(Size, map);

    internal override AffineForm CanonicalizeCost(ProgramBuilder builder, AffineForm weights) =>
        operand.CanonicalizeCost(builder, weights.Map(operand.Size, [.. map.Select(entry => (entry.From, entry.To, entry.Value))]));
}
