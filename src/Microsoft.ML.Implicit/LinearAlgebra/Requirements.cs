namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>What solvers ask of an operator.</summary>
internal static class Requirements
{
    public static void PositiveDefinite(RowOperator linearOperator, string solver)
    {
        if (!linearOperator.Traits.HasFlag(OperatorTraits.PositiveDefinite))
        {
            throw new ArgumentException($"{solver} needs an operator with {nameof(OperatorTraits)}.{nameof(OperatorTraits.PositiveDefinite)}; this one has {linearOperator.Traits}. Use {nameof(LuSolver)} or {nameof(GmresSolver)}.", nameof(linearOperator));
        }
    }
}
