using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>What the Krylov solvers share: nothing to prepare, and the checks around a solve.</summary>
public abstract class KrylovSolver : ILinearSolver
{
    private protected KrylovSolver(KrylovSettings? settings)
    {
        Settings = settings ?? new KrylovSettings();
        Settings.Validate();
    }

    /// <summary>Tolerance and limits.</summary>
    public KrylovSettings Settings { get; }

    /// <inheritdoc/>
    public virtual IFactorization Prepare(RowOperator linearOperator)
    {
        ArgumentNullException.ThrowIfNull(linearOperator);
        return new Unfactorized(this, linearOperator);
    }

    /// <summary>Solves A x = b within the caller's dispose scope, with no graph.</summary>
    private protected abstract LinearSolution Solve(RowOperator linearOperator, Tensor rightSide, CancellationToken cancellationToken);

    private protected static SolveStatus[] Statuses(ReadOnlySpan<double> residuals, ReadOnlySpan<double> limits)
    {
        var statuses = new SolveStatus[residuals.Length];
        for (int row = 0; row < statuses.Length; row++)
        {
            statuses[row] = residuals[row] <= limits[row] ? SolveStatus.Converged : double.IsFinite(residuals[row]) ? SolveStatus.MaximumIterations : SolveStatus.Diverged;
        }

        return statuses;
    }

    private sealed class Unfactorized(KrylovSolver solver, RowOperator linearOperator) : IFactorization
    {
        public LinearSolution Solve(Tensor rightSide, CancellationToken cancellationToken = default) => Run(linearOperator, rightSide, cancellationToken);

        public LinearSolution SolveTransposed(Tensor rightSide, CancellationToken cancellationToken = default) => Run(linearOperator.Transpose(), rightSide, cancellationToken);

        public void Dispose()
        {
        }

        private LinearSolution Run(RowOperator applied, Tensor rightSide, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(rightSide);
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGraph = no_grad();
            LinearSolution solution = solver.Solve(applied, rightSide.detach(), cancellationToken);
            solution.Solution.MoveToOuterDisposeScope();
            return solution;
        }
    }
}
