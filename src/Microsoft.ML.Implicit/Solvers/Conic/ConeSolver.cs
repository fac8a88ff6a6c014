using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>
/// Batched interior point method for cone programs with quadratic objectives, in float64 on the CPU: a homogeneous embedding (Goulart and Chen, 2024) with
/// Nesterov and Todd's scaling for symmetric cones and that of Dahl and Andersen (2022) for exponential ones, predictor and corrector.
/// A row has a solution, or a certificate that there is none. Rows do not influence each other and are solved in parallel. Each is solved in units in which
/// its data are of the order of one, so that the user's do not matter. Safe to use from several threads at once.
/// </summary>
/// <example><code>
/// ConeSolution solution = new ConeSolver().Solve(problem);
/// </code></example>
public sealed class ConeSolver
{
    private readonly ConeOptions _options;

    // Of the last problem: those that follow it mostly have it too.
    private SparseStructure? _structure;

    /// <summary>Creates a solver.</summary>
    /// <param name="options">Settings, or null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is not positive.</exception>
    public ConeSolver(ConeOptions? options = null)
    {
        _options = options ?? new ConeOptions();
        SettingRange.Require(Enum.IsDefined(_options.Method), nameof(_options.Method), _options.Method, "one of the methods");
        SettingRange.Require(_options.Tolerance > 0, nameof(_options.Tolerance), _options.Tolerance, "positive");
        SettingRange.Require(_options.AcceptableTolerance > 0, nameof(_options.AcceptableTolerance), _options.AcceptableTolerance, "positive");
        SettingRange.Require(_options.CertificateTolerance > 0, nameof(_options.CertificateTolerance), _options.CertificateTolerance, "positive");
        SettingRange.Require(_options.IterationLimit > 0, nameof(_options.MaximumIterations), _options.MaximumIterations, "positive");
        SettingRange.Require(_options.MaximumParallelism >= 0, nameof(_options.MaximumParallelism), _options.MaximumParallelism, "positive or 0");
    }

    /// <summary>Solves every row.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="warmStart">The solution of a neighbouring problem, from which each row sets out, or null. It spares iterations, and changes no status.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <returns>Solutions, or certificates that there are none, and a status a row.</returns>
    /// <exception cref="ArgumentException">The warm start solves a problem of another shape.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was requested.</exception>
    public ConeSolution Solve(ConeProblem problem, ConeStart? warmStart = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        warmStart?.CheckFits(problem, nameof(warmStart));
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        var data = new ConeData(problem, _structure);
        _structure = data.Structure;
        StartRows? start = warmStart is null ? null : new StartRows(warmStart, problem);
        var results = new ConeResults(problem, data.Structure);
        ConeRows.ForEach(
            problem.BatchSize,
            _options.MaximumParallelism,
            () => new ConeWorker(data, start, _options),
            (worker, row) => worker.Solve(row, results, cancellation),
            cancellation);
        var solution = new ConeSolution(problem, results, _options);
        scope.MoveToOuter(solution.Tensors);
        return solution;
    }
}
