using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>What a linear solve found.</summary>
/// <param name="Solution">x, <c>[rows, width]</c>, without a graph.</param>
/// <param name="Statuses">How each row ended: converged, maximum iterations, or diverged where its operator is singular or not finite.</param>
/// <param name="Iterations">Products with the operator of the slowest row; 0 for direct solvers.</param>
public sealed record LinearSolution(Tensor Solution, IReadOnlyList<SolveStatus> Statuses, int Iterations)
{
    /// <summary>Whether every row converged.</summary>
    public bool AllConverged => Statuses.All(status => status == SolveStatus.Converged);

    /// <summary>Throws unless every row converged.</summary>
    /// <param name="what">What was solved, for the message.</param>
    /// <exception cref="SolveFailedException">A row did not converge.</exception>
    public void ThrowIfFailed(string what = "linear system")
    {
        for (int row = 0; row < Statuses.Count; row++)
        {
            if (Statuses[row] != SolveStatus.Converged)
            {
                throw new SolveFailedException($"The solve of the {what} ended with {Statuses[row]} in row {row} after {Iterations} iterations.", Statuses[row], row);
            }
        }
    }

    /// <summary>The same with zero for rows whose right side is zero, whatever their operator is: what nobody asks of a singular row must not become NaN.</summary>
    /// <param name="rightSide">Right sides, <c>[rows, width]</c>.</param>
    internal LinearSolution WhereAsked(Tensor rightSide)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor isAsked = rightSide.ne(0.Held()).any(1);
        bool[] asked = [.. isAsked.cpu().data<bool>()];
        Tensor solution = where(isAsked.unsqueeze(1), Solution, zeros_like(Solution)).MoveToOuterDisposeScope();
        return this with { Solution = solution, Statuses = [.. Statuses.Select((status, row) => asked[row] ? status : SolveStatus.Converged)] };
    }

    /// <summary>A direct solve: rows that are not finite did not converge.</summary>
    internal static LinearSolution Direct(Tensor solution)
    {
        using Tensor finite = solution.isfinite().all(1).cpu();
        return new LinearSolution(solution, [.. finite.data<bool>().Select(isFinite => isFinite ? SolveStatus.Converged : SolveStatus.Diverged)], 0);
    }
}
