using System.Diagnostics;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Minimises the validation loss of a linear model in its penalties and example weights by a quasi-Newton method on exact hypergradients. Each training sets out from the
/// minimum before, and its last factorisation is that of the hypergradient.
/// </summary>
internal sealed class LinearTuning
{
    // Of a Newton decrement on the way: where the hypergradient's factorisation was made, it is the root of that.
    private const double Tolerance = 1e-9;

    // Relative to how far a variable has gone.
    private const double ShortestStep = 0.02;
    private const int Memory = 10;
    private const int MaximumSteps = 100;

    private readonly LinearProblem _problem;
    private readonly LinearRows _validation;
    private readonly RegularizationTuningOptions _options;
    private readonly TunedVariables _variables;
    private readonly CancellationToken _cancellationToken;
    private readonly List<TuningProgress> _history = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private double[] _best = [];
    private double _lowest = double.PositiveInfinity;
    private LinearFit? _latest;

    /// <param name="problem">Training.</param>
    /// <param name="validation">Validation rows.</param>
    /// <param name="initial">Penalties to set out from, float64 <c>[features]</c>.</param>
    /// <param name="options">What is tuned.</param>
    /// <param name="cancellationToken">Looked at once a Newton step.</param>
    public LinearTuning(LinearProblem problem, LinearRows validation, Tensor initial, RegularizationTuningOptions options, CancellationToken cancellationToken)
    {
        (_problem, _validation, _options, _cancellationToken) = (problem, validation, options, cancellationToken);
        _variables = new TunedVariables(initial, problem.Training.Count, options);
    }

    /// <summary>Tunes, and trains with the best.</summary>
    /// <param name="tolerance">Newton decrement at which the last training ends.</param>
    /// <exception cref="OperationCanceledException">Cancelled, and that is to be an exception or nothing was evaluated.</exception>
    public LinearTuningResult Run(double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = zeros([1, _variables.Count], ScalarType.Float64);
        double[] infinite = [.. Enumerable.Repeat(double.PositiveInfinity, (int)_variables.Count)];
        var from = new SearchStart(new double[_variables.Count], [.. infinite.Select(bound => -bound)], infinite, ShortestStep, _options.MaximumEvaluations - 1, IsSingle: false);
        try
        {
            RowSearches.Run(start, [new QuasiNewtonSearch(from, new LimitedMemoryInverse((int)_variables.Count, Memory))], Evaluate, Differentiate, _cancellationToken);
        }
        catch (OperationCanceledException) when (_options.OnCancellation == CancellationBehavior.ReturnBestModel && _best.Length > 0)
        {
        }

        using Tensor best = NativeTensor.Of(_best, [_best.Length]);
        LinearFit fit = Train(best, tolerance, CancellationToken.None);
        _latest?.Dispose();
        double[]? weights = _variables.ExampleWeights(best)?.data<double>().ToArray();
        return new LinearTuningResult(fit, _variables.Penalties(best).data<double>().ToArray(), weights, _history);
    }

    private Tensor Evaluate(Tensor row)
    {
        Tensor v = row.flatten();
        LinearFit fit = Train(v, Tolerance, _cancellationToken);
        _latest?.Dispose();
        _latest = fit;
        double trainingLoss = _problem.Objective(fit.Weights, PenaltiesOf(v), SharesOf(v)).item<double>();
        double validationLoss = _problem.MeanLoss(_validation, fit.Weights).item<double>();
        double objective = Objective(fit.Weights, v).item<double>();
        if (objective < _lowest || _history.Count == 0)
        {
            (_lowest, _best) = (objective, v.data<double>().ToArray());
        }

        int evaluation = _history.Count + 1;
        int best = objective <= _lowest ? evaluation : _history[^1].BestEvaluation;
        var progress = new TuningProgress(evaluation, _options.MaximumEvaluations, trainingLoss, validationLoss, best, fit.Steps, Stopwatch.GetElapsedTime(_start));
        _history.Add(progress);
        _options.Progress?.Report(progress);
        return full([1, 1], objective.Held(), ScalarType.Float64);
    }

    // The search asks for derivatives where it has just evaluated.
    private Tensor Differentiate(Tensor row)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable graph = enable_grad();
        Tensor v = row.flatten().detach().requires_grad_();
        Tensor weights = _latest!.Weights.detach().requires_grad_();
        var hessian = new LossHessian(_problem.Objective(weights, PenaltiesOf(v), SharesOf(v)), [weights], damping: 0, isConvex: true);
        HypergradientResult slope = Hypergradient.Compute(hessian, _latest.InverseHessian, Objective(weights, v), [weights], [v], _cancellationToken);
        return slope.Gradients[0].unsqueeze(0).MoveToOuterDisposeScope();
    }

    private LinearFit Train(Tensor v, double tolerance, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        return _problem.Minimize(PenaltiesOf(v), SharesOf(v), _latest?.Weights ?? _problem.Start(), tolerance, MaximumSteps, cancellationToken);
    }

    // Evidence and expectation in nats, a validation row.
    private Tensor Objective(Tensor weights, Tensor v) =>
        _problem.Loss.ToNats(_problem.MeanLoss(_validation, weights)).Plus(_variables.Surprise(v) / ((double)_validation.Count).Held());

    private Tensor PenaltiesOf(Tensor v) => cat([_variables.Penalties(v), zeros([1], ScalarType.Float64)]);

    private Tensor SharesOf(Tensor v)
    {
        if (_variables.ExampleWeights(v) is not { } weights)
        {
            return _problem.Shares;
        }

        Tensor shares = _problem.Shares * weights;
        return shares / shares.sum();
    }
}
