namespace Microsoft.ML.Implicit.Training;

/// <summary>Training options with every open choice made.</summary>
internal sealed record TrainingPlan(int Epochs, int BatchSize, double LearningRate, double WeightDecay, int Patience, int Seed, TrainingOptions Options)
{
    /// <summary>Chooses what the options leave open.</summary>
    /// <param name="options">The options.</param>
    /// <param name="defaults">The model's choices.</param>
    /// <param name="examples">Number of training examples.</param>
    /// <param name="seed">Seed of the run.</param>
    public static TrainingPlan Create(TrainingOptions options, TrainingDefaults defaults, long examples, int seed)
    {
        int batch = options.BatchSize ?? (int)Math.Clamp(Math.Pow(2, Math.Round(Math.Log2(Math.Max(examples, 1) / 12.0))), 16, defaults.MaximumBatchSize);
        batch = (int)Math.Min(batch, examples);
        double stepsPerEpoch = Math.Ceiling(examples / (double)batch);
        int epochs = options.MaximumEpochs ?? (int)Math.Clamp(Math.Ceiling(defaults.Steps / stepsPerEpoch), defaults.MinimumEpochs, 300);
        return new TrainingPlan(
            epochs,
            batch,
            options.LearningRate ?? defaults.RateOf(batch),
            options.WeightDecay ?? defaults.WeightDecay,
            options.EarlyStoppingPatience ?? Math.Max(10, (int)(epochs * defaults.Patience)),
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
