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

    private readonly TuningRecord _record = new(maximumEvaluations, progress);
    private double[] _best = [];
    private double _lowest = double.PositiveInfinity;
    private int _bestEvaluation;

    /// <summary>The evaluations.</summary>
    public IReadOnlyList<TuningProgress> History => _record.Evaluations;

    /// <summary>Searches.</summary>
    /// <param name="start">Hyperparameters to set out from, of which each is expected to move by about one.</param>
    /// <param name="evaluate">Trains with hyperparameters, float64 <c>[count]</c>.</param>
    /// <param name="differentiate">The objective's gradient where it was evaluated last, <c>[count]</c>.</param>
    /// <returns>The best hyperparameters.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, and that is to be an exception or nothing was evaluated.</exception>
    public double[] Run(double[] start, Func<Tensor, SearchEvaluation> evaluate, Func<Tensor, Tensor> differentiate)
    {
        try
        {
            QuasiNewtonDescent.Run(start, ShortestStep, Memory, maximumEvaluations, v => Record(v, evaluate(v)), differentiate, cancellationToken);
        }
        catch (OperationCanceledException) when (onCancellation == CancellationBehavior.ReturnBestModel && _best.Length > 0)
        {
        }

        return _best;
    }

    private double Record(Tensor v, SearchEvaluation evaluation)
    {
        if (evaluation.Objective < _lowest || History.Count == 0)
        {
            (_lowest, _best, _bestEvaluation) = (evaluation.Objective, v.data<double>().ToArray(), _record.Next);
        }

        _record.Add(evaluation.TrainingLoss, evaluation.ValidationLoss, _bestEvaluation, evaluation.TrainingSteps);
        return evaluation.Objective;
    }
}
