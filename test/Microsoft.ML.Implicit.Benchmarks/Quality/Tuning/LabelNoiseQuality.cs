using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>
/// Garments, by their principal components, of which 40 % of the training labels are replaced by others, drawn at random: what tuning by a fifth of right labels regains.
/// </summary>
internal static class LabelNoiseQuality
{
    private const string Name = "fashion_mnist";
    private const double FlippedShare = 0.4;
    private const int RightRows = 400;

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds)
    {
        if (names.Count > 0 && !names.Contains(Name))
        {
            return;
        }

        (string Model, double Accuracy)[] scores = [.. Enumerable.Range(1, seeds).SelectMany(seed => Run(folder, seed))];
        Console.WriteLine();
        Console.WriteLine($"{Name}, 40 % of the labels flipped\ttest accuracy");
        foreach (IGrouping<string, (string Model, double Accuracy)> model in scores.GroupBy(score => score.Model))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Key}\t{model.Average(score => score.Accuracy):F4}"));
        }
    }

    private static IEnumerable<(string Model, double Accuracy)> Run(string folder, int seed)
    {
        var ml = new MLContext(seed);
        (IDataView images, IDataView testImages) = ClassificationData.All.Single(data => data.Name == Name).Load(ml, folder, seed);
        ITransformer components = ml.Transforms.ProjectToPrincipalComponents("Features", rank: GarmentRow.Width, overSampling: GarmentRow.Width).Fit(images);
        GarmentRow[] rows = Rows(images);
        ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label", nameof(GarmentRow.Class)).Fit(ml.Data.LoadFromEnumerable(rows));
        IDataView test = View(Rows(testImages));
        var random = new Random(seed);
        random.Shuffle(rows);
        GarmentRow[] wrong = [.. rows[RightRows..].Select(row => random.NextDouble() < FlippedShare ? row with { Class = Other(row.Class) } : row)];
        IDataView right = View(rows[..RightRows]), train = View(rows[RightRows..]), flipped = View(wrong);
        RegularizationTuningOptions one = new() { Penalties = PenaltySharing.One }, weights = new() { Penalties = PenaltySharing.One, TuneExampleWeights = true };
        PenalizedLinearMulticlassTrainer trainer = ml.MulticlassClassification.Trainers.PenalizedLinear();
        yield return ("right labels, tuned penalty", Accuracy(ml.Implicit().TuneRegularization(trainer, train, right, one).Model));
        yield return ("flipped labels, default penalty", Accuracy(trainer.Fit(flipped)));
        yield return ("flipped labels, tuned penalty", Accuracy(ml.Implicit().TuneRegularization(trainer, flipped, right, one).Model));
        yield return ("flipped labels, tuned penalty and example weights", Accuracy(ml.Implicit().TuneRegularization(trainer, flipped, right, weights).Model));
        yield return ("the 400 right labels alone, default penalty", Accuracy(trainer.Fit(right)));

        double Accuracy(ITransformer model) => ml.MulticlassClassification.Evaluate(model.Transform(test)).MicroAccuracy;

        int Other(int given) => ((given - 1 + random.Next(1, 10)) % 10) + 1;

        GarmentRow[] Rows(IDataView part)
        {
            IDataView projected = components.Transform(part);
            return [.. projected.GetColumn<float[]>("Features").Zip(projected.GetColumn<uint>("Label"), (features, key) => new GarmentRow { Features = features, Class = (int)key })];
        }

        IDataView View(GarmentRow[] part) => keys.Transform(ml.Data.LoadFromEnumerable(part));
    }
}
