using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <c>TuneRegularization</c>.</summary>
public sealed class RegularizationTuningOptions
{
    /// <summary>Which penalties are tuned.</summary>
    public PenaltySharing Penalties { get; set; } = PenaltySharing.Each;

    /// <summary>
    /// Whether a weight between 0 and 1 is tuned for each training row, so that rows whose labels contradict the validation rows count less (Ren, Zeng, Yang and Urtasun
    /// 2018, "Learning to reweight examples for robust deep learning"). The labels of the validation rows should be right. For linear models.
    /// </summary>
    public bool TuneExampleWeights { get; set; }

    /// <summary>Whether the standard deviation of normal noise on the inputs of a network in training is tuned. For networks.</summary>
    public bool TuneInputNoise { get; set; }

    /// <summary>
    /// Standard deviation, in natural logarithms, that the penalties are expected to have about their common level: the smaller it is, and the fewer the validation rows, the
    /// nearer they stay to each other. Positive.
    /// </summary>
    public double PenaltySpread { get; set; } = 1;

    /// <summary>Standard deviation that the log-odds of example weights are expected to have about one half. Positive.</summary>
    public double ExampleWeightSpread { get; set; } = 4;

    /// <summary>Limit on trainings to the minimum, of which each sets out from the one before; for networks on steps of the hyperparameters.</summary>
    public int MaximumEvaluations { get; set; } = 20;

    /// <summary>Called after every evaluation, on the calling thread.</summary>
    public IProgress<TuningProgress>? Progress { get; set; }

    /// <summary>Ends tuning early. ML.NET's own cancelling of a context has the same effect.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What happens then: an <see cref="OperationCanceledException"/>, or the best found so far is what is returned, if there is any.</summary>
    public CancellationBehavior OnCancellation { get; set; } = CancellationBehavior.Throw;

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    internal void Validate()
    {
        Setting.Require(PenaltySpread > 0 && double.IsFinite(PenaltySpread), nameof(PenaltySpread), "must be positive");
        Setting.Require(ExampleWeightSpread > 0 && double.IsFinite(ExampleWeightSpread), nameof(ExampleWeightSpread), "must be positive");
        Setting.Require(MaximumEvaluations >= 1, nameof(MaximumEvaluations), "must be positive");
        Setting.Require(Penalties != PenaltySharing.Fixed || TuneExampleWeights || TuneInputNoise, nameof(Penalties), $"is {nameof(PenaltySharing.Fixed)}, and nothing else is to be tuned");
    }
}
