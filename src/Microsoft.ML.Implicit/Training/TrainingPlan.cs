namespace Microsoft.ML.Implicit.Training;

/// <summary>Training options with every open choice made.</summary>
internal sealed record TrainingPlan(int Epochs, int BatchSize, double LearningRate, double WeightDecay, int Patience, int Seed, TrainingOptions Options)
{
    /// <summary>Chooses what the options leave open.</summary>
    /// <param name="options">The options.</param>
    /// <param name="examples">Number of training examples.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="targetSteps">Steps to aim at: as many for a hundred rows as for a few thousand, while large data needs fewer passes.</param>
    /// <param name="defaultLearningRate">The model's default.</param>
    /// <param name="defaultWeightDecay">The model's default.</param>
    /// <param name="minimumEpochs">Passes that even large data gets.</param>
    /// <param name="maximumBatchSize">Rows a step at most, unless the options say more.</param>
    public static TrainingPlan Create(TrainingOptions options, long examples, int seed, int targetSteps, double defaultLearningRate, double defaultWeightDecay, int minimumEpochs = 30, int maximumBatchSize = 256)
    {
        int batch = options.BatchSize ?? (int)Math.Clamp(Math.Pow(2, Math.Round(Math.Log2(Math.Max(examples, 1) / 12.0))), 16, maximumBatchSize);
        batch = (int)Math.Min(batch, examples);
        double stepsPerEpoch = Math.Ceiling(examples / (double)batch);
        int epochs = options.MaximumEpochs ?? (int)Math.Clamp(Math.Ceiling(targetSteps / stepsPerEpoch), minimumEpochs, 300);
        return new TrainingPlan(
            epochs,
            batch,
            options.LearningRate ?? defaultLearningRate,
            options.WeightDecay ?? defaultWeightDecay,
            options.EarlyStoppingPatience ?? Math.Max(10, epochs / 3),
            seed,
            options);
    }

    /// <summary>Learning rate at a fraction of the steps.</summary>
    public double RateAt(double progress)
    {
        const double warmUp = 0.05;
        const double floor = 0.01;
        if (Options.Schedule == LearningRateSchedule.Constant)
        {
            return LearningRate;
        }

        return progress < warmUp
            ? LearningRate * Math.Max(progress / warmUp, floor)
            : LearningRate * (floor + ((1 - floor) * 0.5 * (1 + Math.Cos(Math.PI * (progress - warmUp) / (1 - warmUp)))));
    }
}
