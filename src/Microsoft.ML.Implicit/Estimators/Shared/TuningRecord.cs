using System.Diagnostics;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The evaluations of a search for hyperparameters, from when it is created, each of which is told as it is added.</summary>
/// <param name="maximumEvaluations">Limit on them.</param>
/// <param name="progress">Told of each.</param>
internal sealed class TuningRecord(int maximumEvaluations, IProgress<TuningProgress>? progress)
{
    private readonly List<TuningProgress> _evaluations = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    public IReadOnlyList<TuningProgress> Evaluations => _evaluations;

    /// <summary>The number of the next one, from 1.</summary>
    public int Next => _evaluations.Count + 1;

    /// <param name="trainingLoss">Loss on the rows that were trained on.</param>
    /// <param name="validationLoss">Mean loss on the validation rows.</param>
    /// <param name="best">The evaluation that would be kept now.</param>
    /// <param name="steps">Steps of the training.</param>
    public void Add(double trainingLoss, double validationLoss, int best, int steps)
    {
        var evaluation = new TuningProgress(Next, maximumEvaluations, trainingLoss, validationLoss, best, steps, Stopwatch.GetElapsedTime(_start));
        _evaluations.Add(evaluation);
        progress?.Report(evaluation);
    }
}
