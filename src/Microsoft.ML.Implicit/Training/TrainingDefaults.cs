namespace Microsoft.ML.Implicit.Training;

/// <summary>What a model chooses where <see cref="TrainingOptions"/> leave it open.</summary>
/// <param name="Steps">Steps to aim at: as many for a hundred rows as for a few thousand, while large data needs fewer passes.</param>
/// <param name="LearningRate">Peak learning rate.</param>
/// <param name="WeightDecay">Decoupled weight decay.</param>
/// <param name="MinimumEpochs">Passes that even large data gets.</param>
/// <param name="MaximumBatchSize">Rows a step at most.</param>
internal sealed record TrainingDefaults(int Steps, double LearningRate, double WeightDecay, int MinimumEpochs = 30, int MaximumBatchSize = 256);
