using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>What a search for minima under constraints found.</summary>
/// <param name="Minimum">Solution, statuses, objectives and iterations.</param>
/// <param name="EqualityMultipliers">Multipliers of h(y) = 0, <c>[rows, equalities]</c>.</param>
/// <param name="InequalityMultipliers">Multipliers of g(y) ≤ 0, above 0 where a constraint is active and 0 otherwise, <c>[rows, inequalities]</c>.</param>
public sealed record ConstrainedResult(MinimizationResult Minimum, Tensor EqualityMultipliers, Tensor InequalityMultipliers)
{
    /// <summary>The best point of each row, <c>[rows, unknowns]</c>.</summary>
    public Tensor Solution => Minimum.Solution;
}
