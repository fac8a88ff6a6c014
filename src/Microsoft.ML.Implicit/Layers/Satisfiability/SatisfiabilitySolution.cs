using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Satisfiability;

/// <summary>What a <see cref="MaximumSatisfiability"/> layer found.</summary>
/// <param name="Probabilities">How likely each bit is set, <c>[rows, bits]</c>, in the caller's dispose scope; what was known as it was given, and NaN in rows that could not be solved.</param>
/// <param name="Statuses">
/// How each row ended: converged; at the maximum of sweeps, with an answer that is less than final; diverged, by weights that are not finite; or invalid, by a known bit that is not
/// between 0 and 1.
/// </param>
/// <param name="Sweeps">Passes over the unknowns of each row.</param>
public sealed record SatisfiabilitySolution(Tensor Probabilities, IReadOnlyList<SolveStatus> Statuses, IReadOnlyList<int> Sweeps)
{
    /// <summary>Whether every row converged.</summary>
    public bool AllConverged => Statuses.All(status => status == SolveStatus.Converged);
}
