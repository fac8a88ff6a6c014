namespace Microsoft.ML.Implicit.Training;

/// <summary>State of a training run after an epoch, as reported to <see cref="TrainingOptions.Progress"/>.</summary>
/// <param name="Epoch">Epochs finished, from 1.</param>
/// <param name="MaximumEpochs">Epochs after which training ends; early stopping can end it before.</param>
/// <param name="TrainingLoss">Mean loss over the epoch's training batches.</param>
/// <param name="ValidationLoss">Mean loss on the validation rows, or <see langword="null"/> without any.</param>
/// <param name="BestEpoch">Epoch whose parameters would be kept if training ended now.</param>
/// <param name="LearningRate">Learning rate at the end of the epoch.</param>
/// <param name="SolverIterations">Mean solver iterations or function evaluations of a forward solve in this epoch.</param>
/// <param name="Elapsed">Time since training began.</param>
public sealed record TrainingProgress(
    int Epoch,
    int MaximumEpochs,
    double TrainingLoss,
    double? ValidationLoss,
    int BestEpoch,
    double LearningRate,
    double SolverIterations,
    TimeSpan Elapsed);
