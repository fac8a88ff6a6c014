using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// Operator splitting (ADMM; Stellato et al., 2020, "OSQP: an operator splitting solver for quadratic programs") for very large batches that share
/// Q, G and A: one factorisation serves all rows, and an iteration is a few matrix products, on CPU or GPU. A final polish on the active set usually
/// reaches near machine accuracy; without it, expect the tolerance (1e-6 by default) and no more. Rows that do not converge are solved, or
/// diagnosed, by <see cref="InteriorPointSolver"/>.
/// </summary>
/// <remarks>The penalty ρ is one for the batch, so a row's iterates, though not its solution, depend on its neighbours.</remarks>
/// <example><code>
/// QuadraticSolution bySplitting = new OperatorSplittingSolver().Solve(problem);
/// </code></example>
public sealed class OperatorSplittingSolver : IQuadraticSolver
{
    private readonly OperatorSplittingOptions _options;
    private readonly InteriorPointOptions _fallback = new();

    /// <summary>Creates a solver.</summary>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public OperatorSplittingSolver(OperatorSplittingOptions? options = null)
    {
        _options = options ?? new OperatorSplittingOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.Tolerance, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaximumIterations, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.CheckInterval, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.InitialRho, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.RhoAdaptation, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.Relaxation, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(_options.Relaxation, 2, nameof(options));
    }

    /// <inheritdoc/>
    /// <remarks>The warm start is not used.</remarks>
    public QuadraticSolution Solve(QuadraticProblem problem, QuadraticStart? warmStart = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        using IDisposable noGrad = no_grad();

        // An empty batch leaves the device nothing to do.
        return problem.BatchSize == 0
            ? new InteriorPointSolver(_fallback).Solve(problem, null, cancellation)
            : BatchedSolve.Solve(problem, () => new OperatorSplitting(problem, _options), _fallback, cancellation);
    }
}
