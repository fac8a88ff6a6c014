using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Solves whose results are checked.</summary>
internal static class FixedPointSolverExtensions
{
    /// <summary>Solves z = f(z).</summary>
    /// <exception cref="ArgumentException">The solution is not like the initial state, or there is another number of statuses or residuals than of rows.</exception>
    public static FixedPointResult SolveChecked(this IFixedPointSolver solver, IFixedPointMap map, Tensor initial, CancellationToken cancellationToken)
    {
        string name = solver.GetType().Name;
        FixedPointResult result = solver.Solve(map, initial, cancellationToken) ?? throw new ArgumentException($"{name} returned null.");
        TensorContract.Require(result.Solution, initial, name, " as its solution");
        RowContract.Require(result.Statuses, initial.shape[0], name, "statuses");
        RowContract.Require(result.Residuals, initial.shape[0], name, "residuals");
        return result;
    }
}
