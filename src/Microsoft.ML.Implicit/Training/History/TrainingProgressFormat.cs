namespace Microsoft.ML.Implicit.Training;

/// <summary>An epoch as numbers, for files.</summary>
internal static class TrainingProgressFormat
{
    private const double MostSeconds = 1e9;

    /// <summary>What the numbers are.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        ["epoch", "maximum_epochs", "training_loss", "validation_loss", "best_epoch", "learning_rate", "solver_iterations", "seconds"];

    /// <summary>The numbers, in the order of <see cref="Columns"/>; NaN for a loss that there is not.</summary>
    public static double[] ToNumbers(TrainingProgress progress) =>
    [
        progress.Epoch,
        progress.MaximumEpochs,
        progress.TrainingLoss,
        progress.ValidationLoss ?? double.NaN,
        progress.BestEpoch,
        progress.LearningRate,
        progress.SolverIterations,
        progress.Elapsed.TotalSeconds,
    ];

    /// <exception cref="FormatException">A number is one that no training gives.</exception>
    public static TrainingProgress FromNumbers(IReadOnlyList<double> numbers)
    {
        double epoch = numbers[0], maximum = numbers[1], best = numbers[4], seconds = numbers[7];
        return epoch >= 1 && epoch <= maximum && maximum <= int.MaxValue && best >= 0 && best <= epoch
            ? new TrainingProgress((int)epoch, (int)maximum, numbers[2], double.IsNaN(numbers[3]) ? null : numbers[3], (int)best, numbers[5], numbers[6], ToTime(seconds))
            : throw new FormatException($"The file tells of epoch {epoch} of {maximum}, and that epoch {best} was the best so far.");
    }

    /// <summary>A time of so many seconds, to the tick.</summary>
    /// <exception cref="FormatException">No training takes so long.</exception>
    public static TimeSpan ToTime(double seconds) => seconds >= 0 && seconds <= MostSeconds
        ? TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond))
        : throw new FormatException($"The file tells of {seconds} seconds of training.");
}
