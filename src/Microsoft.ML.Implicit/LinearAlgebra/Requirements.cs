namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>What solvers ask of an operator.</summary>
internal static class Requirements
{
    public static void PositiveDefinite(RowOperator linearOperator, string solver) =>
        Require(linearOperator, OperatorTraits.PositiveDefinite, solver, $"{nameof(LuSolver)} or {nameof(GmresSolver)}");

    public static void Symmetric(RowOperator linearOperator, string solver) =>
        Require(linearOperator, OperatorTraits.Symmetric, solver, nameof(GmresSolver));

    private static void Require(RowOperator linearOperator, OperatorTraits trait, string solver, string alternative)
    {
        if (!linearOperator.Traits.HasFlag(trait))
        {
            throw new ArgumentException($"{solver} needs an operator with {nameof(OperatorTraits)}.{trait}; this one has {linearOperator.Traits}. Use {alternative}.", nameof(linearOperator));
        }
    }
}
