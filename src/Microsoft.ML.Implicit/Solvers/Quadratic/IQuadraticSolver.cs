namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Solves batches of quadratic programs, each row by itself.</summary>
public interface IQuadraticSolver
{
    /// <summary>Solves every row. Trouble in a row is reported as its status, not thrown.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="warmStart">Where to set out from, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <returns>Solutions, multipliers and status of every row.</returns>
    /// <exception cref="ArgumentException">The warm start has another shape.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was requested.</exception>
    QuadraticSolution Solve(QuadraticProblem problem, QuadraticStart? warmStart = null, CancellationToken cancellation = default);
}
