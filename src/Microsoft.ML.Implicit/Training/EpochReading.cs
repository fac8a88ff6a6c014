namespace Microsoft.ML.Implicit.Training;

/// <summary>What an epoch came to.</summary>
/// <param name="TrainingLosses">Mean loss over its examples, of each network that is trained.</param>
/// <param name="ValidationLoss">Mean loss on the validation examples, or <see langword="null"/> without any.</param>
/// <param name="LatestLosses">Losses of the latest step, or of the first one of which a loss or gradient norm was not finite.</param>
/// <param name="LatestNorms">Gradient norms of the same step.</param>
internal readonly record struct EpochReading(double[] TrainingLosses, double? ValidationLoss, double[] LatestLosses, double[] LatestNorms);
