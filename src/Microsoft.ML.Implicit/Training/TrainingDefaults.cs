namespace Microsoft.ML.Implicit.Training;

/// <summary>What a model chooses where <see cref="TrainingOptions"/> leave it open.</summary>
/// <param name="Steps">Steps to aim at: as many for a hundred rows as for a few thousand, while large data needs fewer passes.</param>
/// <param name="LearningRate">Peak learning rate.</param>
/// <param name="WeightDecay">Decoupled weight decay.</param>
/// <param name="MinimumEpochs">Passes that even large data gets.</param>
/// <param name="MaximumBatchSize">Rows a step at most.</param>
/// <param name="ScalesRateWithBatch">
/// Whether the learning rate is that of the largest batch, and falls with the square root of the batch size (Malladi, Lyu,
/// Panigrahi and Arora, "On the SDEs and scaling rules for adaptive gradient algorithms", 2022).
/// </param>
/// <param name="Patience">Share of the epochs that may pass without a better one before training stops.</param>
internal sealed record TrainingDefaults(int Steps, double LearningRate, double WeightDecay, int MinimumEpochs = 30, int MaximumBatchSize = 256, bool ScalesRateWithBatch = false, double Patience = 1.0 / 3)
{
    /// <summary>Peak learning rate with batches of the given size.</summary>
    public double RateOf(int batchSize) => ScalesRateWithBatch ? LearningRate * Math.Sqrt(Math.Min(1, batchSize / (double)MaximumBatchSize)) : LearningRate;
}
