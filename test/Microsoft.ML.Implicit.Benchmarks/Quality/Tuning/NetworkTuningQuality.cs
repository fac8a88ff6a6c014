using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>One deep-equilibrium network a table, without regularisation, by default, and with penalties a layer and noise that are tuned: test losses and times.</summary>
internal static class NetworkTuningQuality
{
    private static readonly (string Name, Func<DeepEquilibriumOptions, Trial> Train)[] Models =
    [
        ("no regularisation", options => new Trial(Free(options), null)),
        ("default", options => new Trial(options, null)),
        ("tuned penalties, from none", options => new Trial(Free(options), new RegularizationTuningOptions())),
        ("tuned penalties, from default", options => new Trial(options, new RegularizationTuningOptions())),
        ("tuned noise, from none", options => new Trial(Free(options), new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneInputNoise = true })),
        ("tuned noise, from default", options => new Trial(options, new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneInputNoise = true })),
        ("tuned penalties and noise, from default", options => new Trial(options, new RegularizationTuningOptions { TuneInputNoise = true })),
        ("tuned penalties of features, from default", options => new Trial(options, new RegularizationTuningOptions { Penalties = PenaltySharing.EachFeature })),
    ];

    public static void Run(string folder, IReadOnlyCollection<string> names, TuningTrials trials, string device)
    {
        Console.WriteLine("data\tmeasure\tmodel\ttest loss\tkept\tnoise kept\tseconds");
        foreach (TuningTable table in TuningTable.All.Where(table => names.Count == 0 || names.Contains(table.Name)))
        {
            foreach ((string name, Func<DeepEquilibriumOptions, Trial> create) in Models.Where(model => trials.Includes(model.Name)))
            {
                Score[] scores = [.. trials.Seeds.Select(seed => Try(table, folder, seed, device, create))];
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{table.Name}\t{(table.IsClassification ? "log loss" : "RMSE")}\t{name}\t{scores.Average(score => score.Loss):F4}\t{scores.Count(score => score.IsKept)}\t{scores.Average(score => score.Noise):F3}\t{scores.Average(score => score.Seconds):F1}"));
            }
        }
    }

    private static Score Try(TuningTable table, string folder, int seed, string device, Func<DeepEquilibriumOptions, Trial> create)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView validation, IDataView test) = (table with { HasProducts = false }).Load(ml, folder, seed);
        Trial trial = create(new DeepEquilibriumOptions { EnsembleSize = 1, Training = { Seed = seed, Device = device } });
        long start = Stopwatch.GetTimestamp();
        DeepEquilibriumTrainer trainer = table.IsClassification ? ml.MulticlassClassification.Trainers.DeepEquilibrium(trial.Options) : ml.Regression.Trainers.DeepEquilibrium(trial.Options);
        RegularizationTuning<DeepEquilibriumTransformer>? tuned = trial.Tuning is null ? null : ml.Implicit().TuneRegularization(trainer, train, validation, trial.Tuning);
        using DeepEquilibriumTransformer model = tuned?.Model ?? trainer.Fit(train, validation);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new Score(
            table.IsClassification ? ml.MulticlassClassification.Evaluate(model.Transform(test)).LogLoss : ml.Regression.Evaluate(model.Transform(test)).RootMeanSquaredError,
            seconds,
            tuned?.IsKept ?? true,
            tuned?.InputNoise ?? 0);
    }

    private static DeepEquilibriumOptions Free(DeepEquilibriumOptions options) => new()
    {
        EnsembleSize = 1,
        Dropout = 0,
        InputDropout = 0,
        Training = new TrainingOptions { Seed = options.Training.Seed, Device = options.Training.Device, WeightDecay = 0 },
    };

    private sealed record Score(double Loss, double Seconds, bool IsKept, double Noise);

    private sealed record Trial(DeepEquilibriumOptions Options, RegularizationTuningOptions? Tuning);
}
