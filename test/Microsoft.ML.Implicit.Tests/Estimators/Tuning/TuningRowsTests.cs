using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.Tuning;

[TestClass]
public sealed class TuningRowsTests
{
    private const int Width = 3;
    private const int Unlabelled = 3;
    private const int Weightless = 7;
    private const int Negligible = 11;

    [TestMethod]
    public void Rows_that_are_left_out_have_a_weight_of_0_and_the_others_their_own()
    {
        var ml = new MLContext(seed: 1);
        var trainer = ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { ExampleWeightColumnName = "Weight" });
        var options = new RegularizationTuningOptions { Penalties = PenaltySharing.One, TuneExampleWeights = true, MaximumEvaluations = 6 };
        CheckPlaces(ml, 40, train => ml.Implicit().TuneRegularization(trainer, train, View(ml, Rows(20, 2)), options).ExampleWeights!);
    }

    [TestMethod]
    public void Rows_that_a_network_leaves_out_have_a_weight_of_0_and_the_others_their_own()
    {
        var ml = new MLContext(seed: 1);
        var network = new DeepEquilibriumOptions
        {
            HiddenWidth = 8,
            EnsembleSize = 1,
            ExampleWeightColumnName = "Weight",
            Training = { MaximumEpochs = 3, BatchSize = 20, Seed = 1 },
        };
        var options = new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneExampleWeights = true, MaximumEvaluations = 3 };
        CheckPlaces(ml, 40, train =>
        {
            RegularizationTuning<DeepEquilibriumTransformer> tuned =
                ml.Implicit().TuneRegularization(ml.Regression.Trainers.DeepEquilibrium(network), train, View(ml, Rows(20, 2)), options);
            tuned.Model.Dispose();
            return tuned.ExampleWeights!;
        });
    }

    [TestMethod]
    public void Validation_rows_whose_keys_stand_for_other_classes_are_refused()
    {
        var ml = new MLContext(seed: 1);
        ClassRow[] rows = [.. Rows(12, 3).Select((row, i) => new ClassRow { Features = row.Features, Name = $"{"bac"[i % 3]}" })];
        IDataView training = ml.Data.LoadFromEnumerable(rows), validation = ml.Data.LoadFromEnumerable(rows.Reverse());
        IDataView train = Keys(training, training), other = Keys(validation, validation), same = Keys(training, validation);
        PenalizedLinearMulticlassTrainer linear = ml.MulticlassClassification.Trainers.PenalizedLinear();
        var options = new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 1 } };
        DeepEquilibriumMulticlassTrainer network = ml.MulticlassClassification.Trainers.DeepEquilibrium(options);
        string[] messages = [Refusal(() => ml.Implicit().TuneRegularization(linear, train, other)), Refusal(() => network.Fit(train, other))];
        Assert.StartsWith("Validation rows: column 'Label' has other classes", messages[0]);
        Assert.AreEqual(messages[0], messages[1]);

        Assert.IsTrue(ml.Implicit().TuneRegularization(linear, train, same, new RegularizationTuningOptions { MaximumEvaluations = 2 }).IsKept);
        network.Fit(train, same).Dispose();

        IDataView Keys(IDataView fitted, IDataView view) => ml.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(fitted).Transform(view);

        static string Refusal(Action act) => Assert.ThrowsExactly<ArgumentException>(act).Message;
    }

    // What is found for rows of which some are left out is what is found for the others alone.
    private static void CheckPlaces(MLContext ml, int count, Func<IDataView, IReadOnlyList<double>> tune)
    {
        Row[] rows = Rows(count, 1);
        rows[Unlabelled].Label = float.NaN;
        rows[Weightless].Weight = 0;
        rows[Negligible].Weight = 1e-36f;
        bool[] isLeftOut = [.. rows.Select((_, i) => i is Unlabelled or Weightless or Negligible)];
        double[] found = [.. tune(View(ml, rows))], others = [.. tune(View(ml, [.. rows.Where((_, i) => !isLeftOut[i])]))];
        Assert.HasCount(count, found);
        Assert.IsTrue(found.Where((_, i) => isLeftOut[i]).All(weight => weight == 0));
        CollectionAssert.AreEqual(others, found.Where((_, i) => !isLeftOut[i]).ToArray());
        Assert.IsGreaterThan(1, others.Distinct().Count());
    }

    private static IDataView View(MLContext ml, Row[] rows) => ml.Data.LoadFromEnumerable(rows);

    private static Row[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, Width).Select(_ => (float)(random.NextDouble() - 0.5))];
            return new Row { Features = features, Label = features.Sum() + (float)(0.3 * (random.NextDouble() - 0.5)), Weight = 1e-3f + (float)random.NextDouble() };
        })];
    }

    private sealed class Row
    {
        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public float Weight { get; set; } = 1;
    }

    private sealed class ClassRow
    {
        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        public string Name { get; set; } = string.Empty;
    }
}
