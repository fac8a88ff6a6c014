using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

[TestClass]
public class EnsembleTests
{
    private const int Seed = 7;

    // Seeds of the networks of an ensemble of two.
    private static readonly int[] NetworkSeeds = [Seed, new Random(Seed).Next()];

    [TestMethod]
    public void Class_probabilities_are_the_mean_of_those_of_the_networks()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        float[][] Train(int size, int seed) =>
            Scored.Vectors(ml.MulticlassClassification.Trainers.DeepEquilibrium(Options(size, seed)).Fit(data).Transform(data));

        float[][][] alone = [.. NetworkSeeds.Select(seed => Train(1, seed))];
        float[][] together = Train(2, Seed);
        Assert.AreNotEqual(alone[0][0][0], alone[1][0][0]);
        for (int row = 0; row < together.Length; row++)
        {
            for (int k = 0; k < together[row].Length; k++)
            {
                Assert.AreEqual((alone[0][row][k] + alone[1][row][k]) / 2, together[row][k], 1e-6f);
            }
        }
    }

    [TestMethod]
    public void A_probability_is_the_mean_of_those_of_the_networks_and_the_sigmoid_of_the_score()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.BreastCancer(ml);
        IDataView Train(int size, int seed) => ml.BinaryClassification.Trainers.DeepEquilibrium(Options(size, seed)).Fit(data).Transform(data);

        float[][] alone = [.. NetworkSeeds.Select(seed => Scored.Values(Train(1, seed), "Probability"))];
        IDataView together = Train(2, Seed);
        float[] probabilities = Scored.Values(together, "Probability");
        float[] scores = Scored.Values(together);
        bool[] labels = [.. together.GetColumn<bool>("PredictedLabel")];
        for (int row = 0; row < probabilities.Length; row++)
        {
            Assert.AreEqual((alone[0][row] + alone[1][row]) / 2, probabilities[row], 1e-6f);
            Assert.AreEqual(1 / (1 + MathF.Exp(-scores[row])), probabilities[row], 1e-6f);
            Assert.AreEqual(probabilities[row] > 0.5f, labels[row]);
        }
    }

    [TestMethod]
    public void A_predicted_number_is_the_mean_of_those_of_the_networks()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        float[] Train(int size, int seed) => Scored.Values(ml.Regression.Trainers.DeepEquilibrium(Options(size, seed)).Fit(data).Transform(data));

        float[][] alone = [.. NetworkSeeds.Select(seed => Train(1, seed))];
        float[] together = Train(2, Seed);
        for (int row = 0; row < together.Length; row++)
        {
            Assert.AreEqual((alone[0][row] + alone[1][row]) / 2, together[row], 1e-3f);
        }
    }

    [TestMethod]
    public void An_ensemble_survives_saving_bit_for_bit_and_an_engine_agrees_with_it()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(Options(size: 3, Seed)).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        var loaded = (DeepEquilibriumTransformer)new MLContext().Model.Load(file, out _);
        Assert.AreEqual(3, loaded.Model.EnsembleSize);
        Assert.AreEqual(model.Model.ParameterCount, loaded.Model.ParameterCount);

        float[][] expected = Scored.Vectors(model.Transform(data));
        float[][] actual = Scored.Vectors(loaded.Transform(data));
        Flower[] rows = [.. ml.Data.CreateEnumerable<Flower>(data, reuseRowObject: false, ignoreMissingColumns: true)];
        using PredictionEngine<Flower, Prediction> engine = ml.Model.CreatePredictionEngine<Flower, Prediction>(loaded);
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row]);
            float[] single = engine.Predict(rows[row]).Score;
            Assert.AreEqual(1, single.Sum(), 1e-5f);
            Assert.IsTrue(single.Zip(expected[row]).All(pair => Math.Abs(pair.First - pair.Second) < 2e-3));
        }
    }

    [TestMethod]
    public void Very_few_rows_and_those_with_validation_get_an_ensemble_of_the_usual_size()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        int Size(int rows, double? validation = null)
        {
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
            (options.EnsembleSize, options.Training.ValidationFraction) = (null, validation);
            return ml.Regression.Trainers.DeepEquilibrium(options).Fit(ml.Data.TakeRows(data, rows)).Model.EnsembleSize;
        }

        Assert.AreEqual(5, Size(49));
        Assert.AreEqual(5, Size(499, validation: 0.1));
        Assert.AreEqual(1, Size(600, validation: 0.1));
    }

    [TestMethod]
    public void Progress_counts_the_epochs_of_all_networks()
    {
        var ml = new MLContext(seed: 1);
        var reports = new List<TrainingProgress>();
        DeepEquilibriumOptions options = Options(size: 3, Seed, reports.Add);
        ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml));
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5, 6 }, reports.Select(report => report.Epoch).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5, 6 }, reports.Select(report => report.BestEpoch).ToArray());
        Assert.IsTrue(reports.TrueForAll(report => report.MaximumEpochs == 6));
        Assert.IsTrue(reports.Zip(reports.Skip(1)).All(pair => pair.First.Elapsed < pair.Second.Elapsed));
    }

    [TestMethod]
    public void Every_network_stops_by_its_own_validation_loss()
    {
        const int epochs = 400;
        var ml = new MLContext(seed: 1);
        var reports = new List<TrainingProgress>();
        DeepEquilibriumOptions options = Options(size: 2, Seed, reports.Add);
        options.Training.MaximumEpochs = epochs;
        options.Training.EarlyStoppingPatience = 2;
        options.Training.LearningRate = 0.02;
        options.Training.ValidationFraction = 0.3;
        options.Training.Schedule = LearningRateSchedule.Constant;
        ml.Regression.Trainers.DeepEquilibrium(options).Fit(RealData.Concrete(ml));
        foreach (int member in new[] { 0, 1 })
        {
            TrainingProgress last = reports.Last(report => report.Epoch <= (member + 1) * epochs);
            Assert.IsGreaterThan(member * epochs, last.BestEpoch);
            Assert.AreEqual(last.BestEpoch + 2, last.Epoch);
        }
    }

    [TestMethod]
    public void Cancellation_throws_or_returns_the_networks_that_are_finished()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        DeepEquilibriumMulticlassTrainer Cancelling(int epoch, CancellationBehavior behavior)
        {
            var source = new CancellationTokenSource();
            DeepEquilibriumOptions options = Options(size: 4, Seed, report =>
            {
                if (report.Epoch == epoch)
                {
                    source.Cancel();
                }
            });
            options.Training.CancellationToken = source.Token;
            options.Training.OnCancellation = behavior;
            return ml.MulticlassClassification.Trainers.DeepEquilibrium(options);
        }

        // Two epochs a network: epoch 1 is in the first one, 4 ends the second one and 5 is in the third.
        foreach ((int epoch, int networks) in new[] { (1, 1), (4, 2), (5, 2) })
        {
            Assert.ThrowsExactly<OperationCanceledException>(() => Cancelling(epoch, CancellationBehavior.Throw).Fit(data));
            DeepEquilibriumTransformer model = Cancelling(epoch, CancellationBehavior.ReturnBestModel).Fit(data);
            Assert.AreEqual(networks, model.Model.EnsembleSize);
            Assert.IsTrue(Scored.Vectors(model.Transform(data)).All(score => score.All(float.IsFinite)));
        }
    }

    private static DeepEquilibriumOptions Options(int size, int seed, Action<TrainingProgress>? report = null)
    {
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2, seed);
        options.EnsembleSize = size;
        options.Training.Progress = report is null ? null : new SynchronousProgress(report);
        return options;
    }

    private sealed class Flower
    {
        [VectorType(4)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Prediction
    {
        [VectorType(3)]
        public float[] Score { get; set; } = [];
    }
}
