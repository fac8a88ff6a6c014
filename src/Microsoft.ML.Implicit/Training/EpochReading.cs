namespace Microsoft.ML.Implicit.Training;

/// <summary>What an epoch came to.</summary>
/// <param name="TrainingLoss">Mean loss over its examples.</param>
/// <param name="ValidationLoss">Mean loss on the validation examples, or <see langword="null"/> without any.</param>
/// <param name="LatestLoss">Loss of the latest step, or of the first one whose loss or gradient norm was not finite.</param>
/// <param name="LatestNorm">Gradient norm of the same step.</param>
internal readonly record struct EpochReading(double TrainingLoss, double? ValidationLoss, double LatestLoss, double LatestNorm);
