using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// Batched dense primal-dual interior point method: Mehrotra's predictor-corrector with proximal regularisation
/// (Mehrotra, 1992; Pougkakiotis and Gondzio, 2021), in float64. Redundant and empty constraint rows, singular Q and linear programs are solved as they are;
/// a row of zeros that its right-hand side violates by no more than rounding, 2e-10 of the solution, counts as met.
/// Each row is solved in units in which its solution and costs are of the order of one, so that the user's do not matter. Variables that their bounds
/// and rows of G with one entry leave no room are fixed. Where it is not clear which constraints hold, a row takes up to four iterations more than its tolerances ask,
/// so that its derivatives are those of the constraints that hold. Rows do not influence each other. Safe to use from several threads at once.
/// </summary>
/// <remarks>On a GPU, small batches are solved by the host and copied back: they would take longer to prepare there than to compute.</remarks>
/// <example><code>
/// QuadraticSolution solution = new InteriorPointSolver().Solve(problem);
/// </code></example>
public sealed class InteriorPointSolver : IQuadraticSolver
{
    // Multiplications of one factorisation of all rows, from which on a GPU is done sooner.
    private const long SmallestWorkOnDevice = 1 << 24;

    private readonly InteriorPointOptions _options;

    /// <summary>Creates a solver.</summary>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is not positive.</exception>
    public InteriorPointSolver(InteriorPointOptions? options = null)
    {
        _options = options ?? new InteriorPointOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.Tolerance, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.GapTolerance, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.AcceptableTolerance, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.MaximumIterations, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_options.WarmStartMargin, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(_options.MaximumParallelism, nameof(options));
    }

    /// <inheritdoc/>
    public QuadraticSolution Solve(QuadraticProblem problem, QuadraticStart? warmStart = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        warmStart?.CheckFits(problem, nameof(warmStart));
        using IDisposable noGrad = no_grad();
        if (problem.P.device_type != DeviceType.CPU && warmStart is null && Work(problem) >= SmallestWorkOnDevice)
        {
            return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, _options), _options, cancellation);
        }

        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = DenseBatch.Run(problem, _options, warmStart, cancellation).ToSolution();
        scope.MoveToOuter(solution.Tensors);
        return solution;
    }

    private static long Work(QuadraticProblem x)
    {
        long size = (long)x.Variables + x.Inequalities + x.Equalities;
        return x.BatchSize * x.Variables * size * size;
    }
}
