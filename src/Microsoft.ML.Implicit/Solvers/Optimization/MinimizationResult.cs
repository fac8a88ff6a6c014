using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>What a search for minima found.</summary>
/// <param name="Solution">The best point of each row, <c>[rows, ...]</c>.</param>
/// <param name="Statuses">
/// How each row ended: converged; <see cref="SolveStatus.Singular"/> where the minimum is one of many; <see cref="SolveStatus.NonConvex"/> at a point that is stationary but no
/// minimum; <see cref="SolveStatus.MaximumIterations"/>; <see cref="SolveStatus.StepUnderflow"/> where rounding kept it from the tolerance; <see cref="SolveStatus.Unbounded"/>;
/// <see cref="SolveStatus.Diverged"/> where the objective or its derivatives are not finite; <see cref="SolveStatus.Infeasible"/> where constraints contradict each other.
/// </param>
/// <param name="Values">The objective of each row.</param>
/// <param name="Iterations">Steps tried in the slowest row.</param>
public sealed record MinimizationResult(Tensor Solution, IReadOnlyList<SolveStatus> Statuses, IReadOnlyList<double> Values, int Iterations)
{
    /// <summary>Whether every row converged.</summary>
    public bool AllConverged => Statuses.All(status => status == SolveStatus.Converged);

    /// <summary>Throws unless every row converged.</summary>
    /// <exception cref="SolveFailedException">A row did not converge.</exception>
    public void ThrowIfFailed()
    {
        for (int row = 0; row < Statuses.Count; row++)
        {
            if (Statuses[row] != SolveStatus.Converged)
            {
                throw new SolveFailedException(
                    $"The search for a minimum ended with {Statuses[row]} in row {row} (objective {Values[row]:G6}, {Iterations} iterations). Start nearer to it, bound the unknowns, or raise MaximumIterations or the tolerance.",
                    Statuses[row],
                    row);
            }
        }
    }
}
