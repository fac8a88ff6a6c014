using System.Globalization;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>A training in a process of its own, which prints every epoch and never comes to its end.</summary>
internal static class KilledTraining
{
    public const string Command = "train-until-killed";

    private const int Epochs = 6;

    /// <summary>Trains until the process is killed.</summary>
    /// <param name="kind">One of <see cref="Trainers"/>.</param>
    /// <param name="path">The check point.</param>
    /// <param name="lastEpoch">The epoch after which it waits.</param>
    public static int Run(string kind, string path, string lastEpoch)
    {
        int last = int.Parse(lastEpoch, CultureInfo.InvariantCulture);
        Scores(kind, path, epoch =>
        {
            Console.WriteLine(epoch);
            if (epoch >= last)
            {
                // Ends with the process that started this one, if that does not kill it.
                Console.In.ReadToEnd();
                Environment.Exit(1);
            }
        });
        return 0;
    }

    /// <summary>What the trained model makes of its training rows.</summary>
    /// <param name="kind">One of <see cref="Trainers"/>.</param>
    /// <param name="path">The check point, or <see langword="null"/>.</param>
    /// <param name="report">Called after every epoch.</param>
    public static float[] Scores(string kind, string? path, Action<int> report)
    {
        var options = new TrainingOptions
        {
            MaximumEpochs = Epochs,
            BatchSize = 32,
            Seed = 1,
            EarlyStoppingPatience = Epochs,
            CheckpointPath = path,
            Progress = new SynchronousProgress(progress => report(progress.Epoch)),
        };
        SavedModel saved = Trainers.All[kind](new MLContext(seed: 1), options);
        using var model = (IDisposable)saved.Model;
        return [.. SavedModel.Read(saved.Model.Transform(saved.Rows), saved.Outputs).SelectMany(cell => cell.Numbers)];
    }
}
