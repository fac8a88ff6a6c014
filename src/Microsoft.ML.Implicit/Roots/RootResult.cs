using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>What a search for roots found.</summary>
/// <param name="Solution">The iterate that converged or, where none did, the one of smallest residual, <c>[rows, ...]</c>.</param>
/// <param name="Statuses">How each row ended: converged; maximum iterations; step underflow, where no fraction of a step made ‖g‖ smaller; singular, where the Jacobian is; or diverged.</param>
/// <param name="Residuals">‖g‖₂ of each row of the solution.</param>
/// <param name="Iterations">Iterations of the slowest row.</param>
public sealed record RootResult(Tensor Solution, IReadOnlyList<SolveStatus> Statuses, IReadOnlyList<double> Residuals, int Iterations)
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
                    $"The search for a root ended with {Statuses[row]} in row {row} after {Iterations} iterations (residual {Residuals[row]:E2}). "
                    + (Statuses[row] == SolveStatus.MaximumIterations ? "Start nearer to the root, or raise MaximumIterations or the tolerance." : "Start nearer to a root, if there is one."),
                    Statuses[row],
                    row);
            }
        }
    }
}
