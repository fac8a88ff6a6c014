using System.Globalization;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>What weights of examples regain where 40 % of the training labels are wrong: test accuracies of linear models, or of networks, beside what needs no weights.</summary>
internal static class LabelNoiseQuality
{
    private const int NetworkCount = 5;
    private const int Folds = 5;

    public static void Run(string folder, IReadOnlyCollection<string> names, TuningTrials trials) => Run(folder, names, trials, reducesImages: false, (ml, data, _) => Linear(ml, data));

    public static void RunNetworks(string folder, IReadOnlyCollection<string> names, TuningTrials trials, string device) =>
        Run(folder, names, trials, reducesImages: true, (ml, data, seed) => Networks(ml, data, seed, device));

    private static void Run(
        string folder, IReadOnlyCollection<string> names, TuningTrials trials, bool reducesImages, Func<MLContext, NoisyLabels, int, (string Model, Func<double> Accuracy)[]> compare)
    {
        Console.WriteLine("data, 40 % of the labels flipped\tmodel\ttest accuracy\tof each seed");
        foreach (string name in NoisyLabels.Names.Where(name => names.Count == 0 || names.Contains(name)))
        {
            (string Model, Func<double> Accuracy)[][] models = [.. trials.Seeds.Select(seed =>
            {
                var ml = new MLContext(seed);
                return compare(ml, NoisyLabels.Draw(ml, folder, name, seed, reducesImages), seed);
            })];
            for (int i = 0; i < models[0].Length; i++)
            {
                if (trials.Includes(models[0][i].Model))
                {
                    double[] scores = [.. models.Select(model => model[i].Accuracy())];
                    string each = string.Join(' ', scores.Select(score => score.ToString("F4", CultureInfo.InvariantCulture)));
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{models[0][i].Model}\t{scores.Average():F4}\t{each}"));
                }
            }
        }
    }

    private static (string Model, Func<double> Accuracy)[] Linear(MLContext ml, NoisyLabels data)
    {
        PenalizedLinearMulticlassTrainer trainer = ml.MulticlassClassification.Trainers.PenalizedLinear();
        RegularizationTuningOptions alone = new() { Penalties = PenaltySharing.One }, both = new() { Penalties = PenaltySharing.One, ValidationFolds = Folds };
        (IDataView first, IDataView second) = data.ValidationHalves;
        return
        [
            ("training rows with right labels, penalty tuned", () => Tuned(data.Right, alone)),
            ("no weights", () => Accuracy(ml, trainer.Fit(data.Flipped), data)),
            ("no weights, penalty tuned", () => Tuned(data.Flipped, alone)),
            ("weights tuned", () => Tuned(data.Flipped, new() { Penalties = PenaltySharing.One, TuneExampleWeights = true, ValidationFolds = 0 })),
            ("validation rows alone, penalty tuned", () => Accuracy(ml, ml.Implicit().TuneRegularization(trainer, first, second, both).Model, data)),
            ("both, no weights, penalty tuned", () => Tuned(data.Flipped, both)),
            ("both, weights tuned", () => Tuned(data.Flipped, new() { Penalties = PenaltySharing.One, TuneExampleWeights = true })),
            ("both, wrong labels known and left out", () => Tuned(data.Kept, both)),
        ];

        double Tuned(IDataView training, RegularizationTuningOptions options) => Accuracy(ml, ml.Implicit().TuneRegularization(trainer, training, data.Validation, options).Model, data);
    }

    // Half of the validation rows is trained on, so that the other half is there to tune and to stop by.
    private static (string Model, Func<double> Accuracy)[] Networks(MLContext ml, NoisyLabels data, int seed, string device)
    {
        (IDataView training, IDataView validation) = data.Halves(onlyRight: false);
        (IDataView right, _) = data.Halves(onlyRight: true);
        var tuning = new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneExampleWeights = true };
        return
        [
            ("both, no weights", () => Score(Create(NetworkCount).Fit(training, validation))),
            ("both, no weights, default ensemble", () => Score(Create(null).Fit(data.Both))),
            ("validation rows alone, default ensemble", () => Score(Create(null).Fit(data.Validation))),
            ("both, weights tuned", () => Score(ml.Implicit().TuneRegularization(Create(NetworkCount), training, validation, tuning).Model)),
            ("both, wrong labels known and left out", () => Score(Create(NetworkCount).Fit(right, validation))),
        ];

        DeepEquilibriumTrainer Create(int? networks) =>
            ml.MulticlassClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = networks, Training = { Seed = seed, Device = device } });

        double Score(DeepEquilibriumTransformer model)
        {
            using (model)
            {
                return Accuracy(ml, model, data);
            }
        }
    }

    private static double Accuracy(MLContext ml, ITransformer model, NoisyLabels data) => ml.MulticlassClassification.Evaluate(model.Transform(data.Test)).MicroAccuracy;
}
