using Microsoft.ML.Implicit.Modelling.Compilation;

namespace Microsoft.ML.Implicit.Modelling.Expressions;

/// <summary>Rows below each other.</summary>
internal sealed class StackExpression(IReadOnlyList<Expression> parts) : Expression(parts.Sum(part => (long)part.Rows), parts[0].Columns)
{
    public override Curvature Curvature => parts.Select(part => part.Curvature).Aggregate(Rules.Sum);

    public override Sign Sign => parts.Select(part => part.Sign).Aggregate(Rules.Sum);

    internal override bool HasParameters => parts.Any(part => part.HasParameters);

    public override string ToString() => $"Stack({string.Join(", ", parts)})";

    internal override AffineForm Canonicalize(ProgramBuilder builder) => AffineForm.Stack(parts.Select(part => part.Canonicalize(builder)));
}
