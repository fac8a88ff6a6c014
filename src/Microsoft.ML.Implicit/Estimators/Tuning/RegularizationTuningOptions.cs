using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <c>TuneRegularization</c>.</summary>
public sealed class RegularizationTuningOptions
{
    private const int UsualFolds = 5;
    private const int LeastWithWeights = 3;

    /// <summary>Which penalties are tuned.</summary>
    public PenaltySharing Penalties { get; set; } = PenaltySharing.Each;

    /// <summary>
    /// Whether a weight between 0 and 1 is tuned for each training row, so that rows whose labels contradict the validation rows count less (after Ren, Zeng, Yang and Urtasun
    /// 2018, "Learning to reweight examples for robust deep learning"). The labels of the validation rows should be right. The log-odds of weights are a line, whose offset and slope are
    /// tuned, in those of the labels under models that have not seen them.
    /// </summary>
    public bool TuneExampleWeights { get; set; }

    /// <summary>
    /// For linear models, the parts of the validation rows, of which each judges a training on the training rows and all other parts: the model learns from all rows. An evaluation takes
    /// as many trainings. 0: validation rows judge alone, and the model is that of the training rows. <see langword="null"/>: 5 where example weights are tuned, and otherwise 0.
    /// </summary>
    public int? ValidationFolds { get; set; }

    /// <summary>
    /// Whether the strength of augmentation is tuned: the standard deviation of normal noise on the inputs of a network in training, which is drawn anew in every batch. It sets out from the trainer's own, or from a
    /// tenth of a feature's deviation where that is 0. For networks.
    /// </summary>
    public bool TuneInputNoise { get; set; }

    /// <summary>
    /// Standard deviation, in natural logarithms, that the penalties are expected to have about their common level: the smaller it is, and the fewer the validation rows, the
    /// nearer they stay to each other. Positive.
    /// </summary>
    public double PenaltySpread { get; set; } = 1;

    /// <summary>Limit on trainings to the minimum, of which each sets out from the one before; for networks on steps of the hyperparameters.</summary>
    public int MaximumEvaluations { get; set; } = 30;

    /// <summary>Called after every evaluation, on the calling thread.</summary>
    public IProgress<TuningProgress>? Progress { get; set; }

    /// <summary>Ends tuning early. ML.NET's own cancelling of a context has the same effect.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What happens then: an <see cref="OperationCanceledException"/>, or the best found so far is what is returned, if there is any.</summary>
    public CancellationBehavior OnCancellation { get; set; } = CancellationBehavior.Throw;

    internal bool TunesEachPenalty => Penalties is PenaltySharing.Each or PenaltySharing.EachFeature;

    internal int FoldCount => ValidationFolds ?? (TuneExampleWeights ? UsualFolds : 0);

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    internal void Validate()
    {
        Setting.Require(PenaltySpread > 0 && double.IsFinite(PenaltySpread), nameof(PenaltySpread), "must be positive");
        Setting.Require(ValidationFolds is null or 0 or >= 2, nameof(ValidationFolds), "must be 0 or at least 2");
        Setting.Require(MaximumEvaluations >= 1, nameof(MaximumEvaluations), "must be positive");
        Setting.Require(MaximumEvaluations >= LeastWithWeights || !TuneExampleWeights, nameof(MaximumEvaluations), $"must be at least {LeastWithWeights} where example weights are tuned");
        Setting.Require(Penalties != PenaltySharing.Fixed || TuneExampleWeights || TuneInputNoise, nameof(Penalties), $"is {nameof(PenaltySharing.Fixed)}, and nothing else is to be tuned");
    }
}
