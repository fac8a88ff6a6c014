using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>What every trainer, and every model that it gives, keeps to.</summary>
[TestClass]
public sealed class TrainerContractTests
{
    private static readonly ModelRow[] Rows = ModelRow.Create(60);

    public static IEnumerable<object[]> Kinds => TrainerCase.Kinds;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Validation_rows_are_looked_at_after_every_epoch_and_decide_which_one_is_kept(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Rows[..40]), validation = ml.Data.LoadFromEnumerable(Rows[40..]);
        TrainerCase trainer = TrainerCase.Of(kind);
        ITransformer model = trainer.Fit(ml, train, validation, change: training => training.MaximumEpochs = 3);
        NetworkTraining network = trainer.ModelOf(model).Training!.Networks.Single();
        Assert.HasCount(3, network.Epochs);
        Assert.IsTrue(network.Epochs.All(epoch => epoch.ValidationLoss is { } loss && double.IsFinite(loss)));
        int best = network.Epochs.MinBy(epoch => epoch.ValidationLoss)!.Epoch;
        Assert.IsTrue(network.BestEpoch == best || network.BestEpoch < network.Epochs[0].Epoch, $"epoch {network.BestEpoch} was kept, and {best} was the best");
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Rows_of_weight_zero_are_as_good_as_absent(string kind)
    {
        var ml = new MLContext(seed: 1);
        ModelRow[] without = Rows[..32];
        ModelRow[] with = [.. without, .. ModelRow.Create(5).Select(row =>
        {
            row.Weight = 0;
            row.Label = 1e6f;
            row.Features = [-1e5f, 1e5f];
            row.Level = [1e5f, -1e5f, 0];
            return row;
        })];
        TrainerCase trainer = TrainerCase.Of(kind);
        IDataView rows = ml.Data.LoadFromEnumerable(without);
        float[][] expected = Scores(without), actual = Scores(with);
        for (int row = 0; row < expected.Length; row++)
        {
            Assert.AreSequenceEqual(expected[row], actual[row]);
        }

        float[][] Scores(ModelRow[] train) =>
            TrainerCase.Read(trainer.Fit(ml, ml.Data.LoadFromEnumerable(train), weights: nameof(ModelRow.Weight), change: training => training.BatchSize = 16).Transform(rows));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Rows_count_by_their_weights(string kind)
    {
        var ml = new MLContext(seed: 1);
        TrainerCase trainer = TrainerCase.Of(kind);
        ITransformer Fit(Func<int, float> weight) => trainer.Fit(
            ml,
            ml.Data.LoadFromEnumerable(ModelRow.Create(60).Select((row, i) =>
            {
                row.Weight = weight(i);
                return row;
            }).ToArray()),
            weights: nameof(ModelRow.Weight));
        ITransformer equal = Fit(_ => 1), alike = Fit(_ => 4), unequal = Fit(i => 1 + (10 * (i % 2)));
        Assert.IsTrue(Same(equal, alike), "a common factor changes nothing");
        Assert.IsFalse(Same(equal, unequal), "other weights make another model");

        bool Same(ITransformer left, ITransformer right) => trainer.ModelOf(left).State.Zip(trainer.ModelOf(right).State).All(pair => pair.First.allclose(pair.Second));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_prints_what_it_is_and_how_it_was_trained(string kind)
    {
        var ml = new MLContext(seed: 1);
        TrainerCase trainer = TrainerCase.Of(kind);
        string text = trainer.ModelOf(trainer.Fit(ml, ml.Data.LoadFromEnumerable(Rows))).ToString();
        StringAssert.Matches(text, new System.Text.RegularExpressions.Regex(@"^[^\n]+\. [\d,]+ parameters\.\r?\nTrained 1 network in .* with seed 1\."));
        StringAssert.Contains(text, "Chosen by default: ", StringComparison.Ordinal);
        StringAssert.Contains(text, "epoch     training   validation", StringComparison.Ordinal);
    }
}
