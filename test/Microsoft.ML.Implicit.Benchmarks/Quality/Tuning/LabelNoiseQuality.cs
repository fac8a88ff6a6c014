using System.Globalization;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>What weights of examples regain where 40 % of the training labels are wrong: test accuracies of linear models, or of networks, beside what needs no weights.</summary>
internal static class LabelNoiseQuality
{
    private const int NetworkCount = 5;
    private const int Folds = 5;

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds) => Run(folder, names, seeds, reducesImages: false, (ml, data, _) => Linear(ml, data));

    public static void RunNetworks(string folder, IReadOnlyCollection<string> names, int seeds, string device) =>
        Run(folder, names, seeds, reducesImages: true, (ml, data, seed) => Networks(ml, data, seed, device));

    private static void Run(
        string folder, IReadOnlyCollection<string> names, int seeds, bool reducesImages, Func<MLContext, NoisyLabels, int, IEnumerable<(string Model, double Accuracy)>> compare)
    {
        Console.WriteLine("data, 40 % of the labels flipped\tmodel\ttest accuracy\tof each seed");
        foreach (string name in NoisyLabels.Names.Where(name => names.Count == 0 || names.Contains(name)))
        {
            (string Model, double Accuracy)[] scores = [.. Enumerable.Range(1, seeds).SelectMany(seed =>
            {
                var ml = new MLContext(seed);
                return compare(ml, NoisyLabels.Draw(ml, folder, name, seed, reducesImages), seed);
            })];
            foreach (IGrouping<string, (string Model, double Accuracy)> model in scores.GroupBy(score => score.Model))
            {
                string each = string.Join(' ', model.Select(score => score.Accuracy.ToString("F4", CultureInfo.InvariantCulture)));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{model.Key}\t{model.Average(score => score.Accuracy):F4}\t{each}"));
            }
        }
    }

    private static IEnumerable<(string Model, double Accuracy)> Linear(MLContext ml, NoisyLabels data)
    {
        PenalizedLinearMulticlassTrainer trainer = ml.MulticlassClassification.Trainers.PenalizedLinear();
        RegularizationTuningOptions alone = new() { Penalties = PenaltySharing.One }, both = new() { Penalties = PenaltySharing.One, ValidationFolds = Folds };
        yield return ("training rows with right labels, penalty tuned", Tuned(data.Right, alone));
        yield return ("no weights", Accuracy(ml, trainer.Fit(data.Flipped), data));
        yield return ("no weights, penalty tuned", Tuned(data.Flipped, alone));
        yield return ("weights tuned", Tuned(data.Flipped, new() { Penalties = PenaltySharing.One, TuneExampleWeights = true, ValidationFolds = 0 }));
        (IDataView first, IDataView second) = data.ValidationHalves;
        yield return ("validation rows alone, penalty tuned", Accuracy(ml, ml.Implicit().TuneRegularization(trainer, first, second, both).Model, data));
        yield return ("both, no weights, penalty tuned", Tuned(data.Flipped, both));
        yield return ("both, weights tuned", Tuned(data.Flipped, new() { Penalties = PenaltySharing.One, TuneExampleWeights = true }));
        yield return ("both, wrong labels known and left out", Tuned(data.Kept, both));

        double Tuned(IDataView training, RegularizationTuningOptions options) => Accuracy(ml, ml.Implicit().TuneRegularization(trainer, training, data.Validation, options).Model, data);
    }

    // Half of the validation rows is trained on, so that the other half is there to tune and to stop by.
    private static IEnumerable<(string Model, double Accuracy)> Networks(MLContext ml, NoisyLabels data, int seed, string device)
    {
        (IDataView training, IDataView validation) = data.Halves(onlyRight: false);
        (IDataView right, _) = data.Halves(onlyRight: true);
        yield return ("both, no weights", Score(Create(NetworkCount).Fit(training, validation)));
        yield return ("both, no weights, default ensemble", Score(Create(null).Fit(data.Both)));
        yield return ("validation rows alone, default ensemble", Score(Create(null).Fit(data.Validation)));
        RegularizationTuning<DeepEquilibriumTransformer> tuned = ml.Implicit().TuneRegularization(
            Create(NetworkCount), training, validation, new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneExampleWeights = true });
        yield return ("both, weights tuned", Score(tuned.Model));
        yield return ("both, wrong labels known and left out", Score(Create(NetworkCount).Fit(right, validation)));

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
