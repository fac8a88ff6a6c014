using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Training for the order of scores.</summary>
[TestClass]
public sealed class RankWeightTests
{
    [TestMethod]
    public void Labels_of_which_few_are_huge_are_put_in_order_by_a_loss_of_ranks()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Row.Draw(256, seed: 1)), test = ml.Data.LoadFromEnumerable(Row.Draw(400, seed: 2));
        double squares = Loss(0), ranks = Loss(10);
        Assert.IsLessThan(0.6 * squares, ranks, $"{ranks} with ranks and {squares} without");

        double Loss(double rankWeight)
        {
            using var model = ml.Regression.Trainers.DeepEquilibrium(Options(rankWeight)).Fit(train);
            float[] scores = [.. model.Transform(test).GetColumn<float>("Score")], labels = [.. test.GetColumn<float>("Label")];
            return SoftOrder.SpearmanLoss(tensor(scores).unsqueeze(0), tensor(labels).unsqueeze(0), strength: 1e-6).item<float>();
        }
    }

    [TestMethod]
    public void Networks_that_are_trained_together_each_have_an_order_of_their_own()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = Options(1);
        options.EnsembleSize = null;
        options.HiddenWidth = 8;
        options.Training.MaximumEpochs = 1;
        IDataView data = ml.Data.LoadFromEnumerable(Row.Draw(60, seed: 1));
        using var model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        Assert.IsTrue(model.Transform(data).GetColumn<float>("Score").All(float.IsFinite));
    }

    [TestMethod]
    public void Several_classes_have_no_order_and_weights_are_not_negative()
    {
        var ml = new MLContext(seed: 1);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium(Options(1))).Message, "RankWeight must be 0");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(Options(-1))).Message, "RankWeight");
        ml.BinaryClassification.Trainers.DeepEquilibrium(Options(1));
    }

    private static DeepEquilibriumOptions Options(double rankWeight) => new()
    {
        EnsembleSize = 1,
        HiddenWidth = 16,
        RankWeight = rankWeight,
        Training = new TrainingOptions { Seed = 1, MaximumEpochs = 20, BatchSize = 64, ValidationFraction = 0 },
    };

    private sealed class Row
    {
        [VectorType(3)]
        public float[] Features { get; init; } = [];

        public float Label { get; init; }

        public static Row[] Draw(int count, int seed)
        {
            var random = new Random(seed);
            return [.. Enumerable.Range(0, count).Select(_ =>
            {
                float[] features = [.. Enumerable.Range(0, 3).Select(_ => (float)((2 * random.NextDouble()) - 1))];
                return new Row { Features = features, Label = (float)Math.Exp(4 * (features[0] + (features[1] * features[2]))) };
            })];
        }
    }
}
