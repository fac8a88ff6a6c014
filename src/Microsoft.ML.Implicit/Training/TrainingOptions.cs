namespace Microsoft.ML.Implicit.Training;

/// <summary>Settings of gradient training that all models share.</summary>
public sealed class TrainingOptions
{
    /// <summary>Passes over the training rows, or <see langword="null"/> to choose by the number of rows (up to 300).</summary>
    public int? MaximumEpochs { get; set; }

    /// <summary>Rows a step, or <see langword="null"/> to choose by the number of rows (16 to 256).</summary>
    public int? BatchSize { get; set; }

    /// <summary>Peak learning rate of AdamW, or <see langword="null"/> for the model's default.</summary>
    public double? LearningRate { get; set; }

    /// <summary>How the learning rate changes during training.</summary>
    public LearningRateSchedule Schedule { get; set; } = LearningRateSchedule.Cosine;

    /// <summary>Decoupled weight decay of matrices and kernels (Loshchilov and Hutter, 2019), or <see langword="null"/> for the model's default.</summary>
    public double? WeightDecay { get; set; }

    /// <summary>Gradients with a larger Euclidean norm are scaled down to it; infinity for no limit.</summary>
    public double MaximumGradientNorm { get; set; } = 5;

    /// <summary>
    /// Fraction of the training rows held out for early stopping when no validation set is given, from 0 (none) to 0.5,
    /// or <see langword="null"/> for the model's default: deep-equilibrium models hold out 0.1 from 10,000 rows on and none below,
    /// where the rows are worth more in training.
    /// </summary>
    public double? ValidationFraction { get; set; }

    /// <summary>Epochs without a better validation loss after which training ends, or <see langword="null"/> for a third of the epochs, all of them for a latent SDE.</summary>
    public int? EarlyStoppingPatience { get; set; }

    /// <summary>Seed of initialisation, shuffling and noise, or <see langword="null"/> to draw it from the <see cref="MLContext"/>.</summary>
    public int? Seed { get; set; }

    /// <summary>Where to train, and to score unless <see cref="ScoringDevice"/> is given: <c>"cpu"</c>, <c>"cuda"</c>, <c>"cuda:1"</c>, or <c>"auto"</c>: CUDA where there is one.</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>
    /// Where the fitted model scores, in the words of <see cref="Device"/>, or <see langword="null"/> for the device that it was trained on.
    /// <see cref="Data.BatchTransformer.MoveTo"/> moves it later.
    /// </summary>
    [field: LeavesModelUnchanged]
    public string? ScoringDevice { get; set; }

    /// <summary>
    /// File that keeps where training stands, written after every epoch, or <see langword="null"/> for none. A <c>Fit</c> with the same
    /// options and data that finds it goes on from there and gives the model that training without interruption would have given:
    /// when training is killed or cancelled, at most one epoch is lost. It is removed once <c>Fit</c> has given a model without being cancelled.
    /// </summary>
    /// <remarks>
    /// One file serves one <c>Fit</c> at a time. <c>Fit</c> throws an <see cref="InvalidOperationException"/> where the file is one of other
    /// options or data, and a <see cref="FormatException"/> where it is no such file or was altered; delete it to train anew.
    /// A path that is that of a folder is an <see cref="ArgumentException"/>.
    /// <see cref="Progress"/>, <see cref="CancellationToken"/> and <see cref="OnCancellation"/> may differ. Without <see cref="Seed"/> the
    /// seed comes from the file. A file is in place whole or not at all, however training ends.
    /// </remarks>
    [field: LeavesModelUnchanged]
    public string? CheckpointPath { get; set; }

    /// <summary>Called after every epoch, on the training thread.</summary>
    [field: LeavesModelUnchanged]
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Ends training early; looked at in every step. ML.NET's own cancelling of a context, as its AutoML does, has the same effect on all that the context trains.</summary>
    [field: LeavesModelUnchanged]
    public CancellationToken CancellationToken { get; set; }

    /// <summary>What happens when <see cref="CancellationToken"/> is signalled or ML.NET cancels the context.</summary>
    [field: LeavesModelUnchanged]
    public CancellationBehavior OnCancellation { get; set; } = CancellationBehavior.Throw;

    /// <summary>The same settings for a training that is only a means: told to nobody, kept nowhere, and gone through with.</summary>
    internal TrainingOptions ForTuning(int seed, CancellationToken cancellationToken)
    {
        var options = (TrainingOptions)MemberwiseClone();
        (options.Seed, options.CancellationToken, options.OnCancellation) = (seed, cancellationToken, CancellationBehavior.Throw);
        (options.Progress, options.CheckpointPath, options.EarlyStoppingPatience) = (null, null, int.MaxValue);
        return options;
    }

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    internal void Validate()
    {
        Setting.Require(MaximumEpochs is null or > 0, $"Training.{nameof(MaximumEpochs)}", "must be positive");
        Setting.Require(BatchSize is null or > 0, $"Training.{nameof(BatchSize)}", "must be positive");
        Setting.Require(LearningRate is null || (LearningRate > 0 && double.IsFinite(LearningRate.Value)), $"Training.{nameof(LearningRate)}", "must be positive");
        Setting.Require(WeightDecay is null || (WeightDecay >= 0 && double.IsFinite(WeightDecay.Value)), $"Training.{nameof(WeightDecay)}", "must not be negative");
        Setting.Require(MaximumGradientNorm > 0, $"Training.{nameof(MaximumGradientNorm)}", "must be positive");
        Setting.Require(ValidationFraction is null or (>= 0 and <= 0.5), $"Training.{nameof(ValidationFraction)}", "must lie between 0 and 0.5");
        Setting.Require(EarlyStoppingPatience is null or > 0, $"Training.{nameof(EarlyStoppingPatience)}", "must be positive");
        Setting.Require(Enum.IsDefined(Schedule), $"Training.{nameof(Schedule)}", "is not a known schedule");
        Setting.Require(Enum.IsDefined(OnCancellation), $"Training.{nameof(OnCancellation)}", "is not a known behaviour");
        Setting.Require(!string.IsNullOrEmpty(Device), $"Training.{nameof(Device)}", "must be given");
        Setting.Require(ScoringDevice is not { Length: 0 }, $"Training.{nameof(ScoringDevice)}", "must be the name of a device, or null");
        Setting.Require(CheckpointPath is not { Length: 0 }, $"Training.{nameof(CheckpointPath)}", "must be the path of a file, or null");
    }
}
