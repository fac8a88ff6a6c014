namespace Microsoft.ML.Implicit.Training;

/// <summary>How one network of a model was trained.</summary>
/// <param name="Seed">Seed of its initialisation, shuffling and noise.</param>
/// <param name="End">Why its training ended.</param>
/// <param name="BestEpoch">Epoch whose parameters were kept, counted on over the networks; the last of the network before, or 0, where no epoch bettered what it set out from.</param>
/// <param name="Epochs">Its epochs, as they were reported to <see cref="TrainingOptions.Progress"/>.</param>
public sealed record NetworkTraining(int Seed, TrainingEnd End, int BestEpoch, IReadOnlyList<TrainingProgress> Epochs);
