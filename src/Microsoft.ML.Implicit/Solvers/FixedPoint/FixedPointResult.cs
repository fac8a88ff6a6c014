using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>What a fixed-point solve found.</summary>
public sealed class FixedPointResult
{
    private readonly SolveStatus[] _statuses;
    private readonly double[] _residuals;

    /// <summary>Creates the result of a solver of one's own.</summary>
    /// <param name="solution">The best iterate of each row, [rows, ...], without a graph.</param>
    /// <param name="statuses">How each row ended.</param>
    /// <param name="residuals">‖f(z) − z‖₂ of each row of the solution.</param>
    /// <param name="iterations">Iterations of the slowest row.</param>
    /// <param name="rowEvaluations">Rows evaluated over all iterations.</param>
    public FixedPointResult(Tensor solution, IReadOnlyList<SolveStatus> statuses, IReadOnlyList<double> residuals, int iterations, long rowEvaluations)
    {
        Solution = solution;
        _statuses = [.. statuses];
        _residuals = [.. residuals];
        Iterations = iterations;
        RowEvaluations = rowEvaluations;
    }

    /// <summary>
    /// The iterate that converged or, where none did, the one of smallest residual, [rows, ...] in the shape of the
    /// initial state; it has no autograd graph and belongs to the caller's dispose scope.
    /// </summary>
    public Tensor Solution { get; }

    /// <summary>How each row ended: converged, maximum iterations, or diverged.</summary>
    public IReadOnlyList<SolveStatus> Statuses => _statuses;

    /// <summary>‖f(z) − z‖₂ of each row of the solution; infinite where f was finite nowhere.</summary>
    public IReadOnlyList<double> Residuals => _residuals;

    /// <summary>Iterations of the slowest row, each of which evaluated f once.</summary>
    public int Iterations { get; }

    /// <summary>Rows evaluated over all iterations: rows that left the batch early are not counted again.</summary>
    public long RowEvaluations { get; }

    /// <summary>Whether every row converged.</summary>
    public bool AllConverged => Array.TrueForAll(_statuses, status => status == SolveStatus.Converged);

    /// <summary>Throws unless every row converged.</summary>
    /// <param name="what">What was solved, for the message.</param>
    /// <exception cref="SolveFailedException">A row did not converge.</exception>
    public void ThrowIfFailed(string what = "fixed point")
    {
        int row = Array.FindIndex(_statuses, status => status != SolveStatus.Converged);
        if (row >= 0)
        {
            int failed = _statuses.Count(status => status != SolveStatus.Converged);
            throw new SolveFailedException(
                $"The solve of the {what} ended with {_statuses[row]} in row {row} ({failed} of {_statuses.Length} rows failed) after {Iterations} iterations (residual {_residuals[row]:E2}). "
                + "Raise MaximumIterations or the tolerance, or make the map a stronger contraction.",
                _statuses[row],
                row);
        }
    }
}
