using System.Diagnostics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Minimises a function of hyperparameters, each evaluation a training to the minimum, by a quasi-Newton method on gradients through the training, and keeps the best.</summary>
/// <param name="maximumEvaluations">Limit on evaluations.</param>
/// <param name="progress">Told of every evaluation.</param>
/// <param name="onCancellation">What cancelling does.</param>
/// <param name="cancellationToken">Looked at once an evaluation.</param>
internal sealed class HypergradientSearch(int maximumEvaluations, IProgress<TuningProgress>? progress, CancellationBehavior onCancellation, CancellationToken cancellationToken)
{
    // Relative to how far a variable has gone.
    private const double ShortestStep = 1e-5;
    private const int Memory = 20;

    private readonly List<TuningProgress> _history = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private double[] _best = [];
    private double _lowest = double.PositiveInfinity;

    /// <summary>The evaluations.</summary>
    public IReadOnlyList<TuningProgress> History => _history;

    /// <summary>Searches.</summary>
    /// <param name="start">Hyperparameters to set out from, of which each is expected to move by about one.</param>
    /// <param name="evaluate">Trains with hyperparameters, float64 <c>[count]</c>.</param>
    /// <param name="differentiate">The objective's gradient where it was evaluated last, <c>[count]</c>.</param>
    /// <returns>The best hyperparameters.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, and that is to be an exception or nothing was evaluated.</exception>
    public double[] Run(double[] start, Func<Tensor, SearchEvaluation> evaluate, Func<Tensor, Tensor> differentiate)
    {
        double[] infinite = [.. Enumerable.Repeat(double.PositiveInfinity, start.Length)];
        var from = new SearchStart(start, [.. infinite.Select(bound => -bound)], infinite, ShortestStep, maximumEvaluations - 1, IsSingle: false);
        using Tensor like = zeros([1, start.Length], ScalarType.Float64);
        try
        {
            RowSearches.Run(
                like,
                [new QuasiNewtonSearch(from, new LimitedMemoryInverse(start.Length, Memory))],
                row => Record(row, evaluate(row.flatten())),
                row => differentiate(row.flatten()).unsqueeze(0),
                cancellationToken).Solution.Dispose();
        }
        catch (OperationCanceledException) when (onCancellation == CancellationBehavior.ReturnBestModel && _best.Length > 0)
        {
        }

        return _best;
    }

    private Tensor Record(Tensor row, SearchEvaluation evaluation)
    {
        int best = _history.Count == 0 ? 1 : _history[^1].BestEvaluation;
        if (evaluation.Objective < _lowest || _history.Count == 0)
        {
            (_lowest, _best, best) = (evaluation.Objective, row.data<double>().ToArray(), _history.Count + 1);
        }

        var told = new TuningProgress(
            _history.Count + 1, maximumEvaluations, evaluation.TrainingLoss, evaluation.ValidationLoss, best, evaluation.TrainingSteps, Stopwatch.GetElapsedTime(_start));
        _history.Add(told);
        progress?.Report(told);
        return full([1, 1], evaluation.Objective.Held(), ScalarType.Float64);
    }
}
