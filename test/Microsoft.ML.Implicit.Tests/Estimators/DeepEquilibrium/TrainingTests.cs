using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

[TestClass]
public class TrainingTests
{
    [TestMethod]
    public void The_same_seed_gives_the_same_model()
    {
        float[][] first = TrainAndScore(seed: 7);
        float[][] second = TrainAndScore(seed: 7);
        float[][] other = TrainAndScore(seed: 8);
        for (int row = 0; row < first.Length; row++)
        {
            CollectionAssert.AreEqual(first[row], second[row]);
        }

        Assert.IsTrue(first.Zip(other).Any(pair => !pair.First.SequenceEqual(pair.Second)));
    }

    [TestMethod]
    public void The_context_seeds_what_the_options_do_not()
    {
        var data = RealData.Iris(new MLContext(seed: 1));
        float[][] Train(int seed)
        {
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
            options.Training.Seed = null;
            return Scored.Vectors(new MLContext(seed).MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data).Transform(data));
        }

        CollectionAssert.AreEqual(Train(3)[0], Train(3)[0]);
        CollectionAssert.AreNotEqual(Train(3)[0], Train(4)[0]);
    }

    [TestMethod]
    public void Two_models_train_in_two_threads_as_they_do_alone()
    {
        float[][] alone = TrainAndScore(seed: 7);
        float[][][] together = [[], []];
        Parallel.For(0, 2, i => together[i] = TrainAndScore(seed: 7 + i));
        for (int row = 0; row < alone.Length; row++)
        {
            CollectionAssert.AreEqual(alone[row], together[0][row]);
        }
    }

    [TestMethod]
    public void Input_dropout_makes_a_classifier_less_sure_of_what_it_learned_by_heart()
    {
        var ml = new MLContext(seed: 1);
        double LogLossOnChance(double inputDropout)
        {
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 60);
            (options.Dropout, options.InputDropout) = (0, inputDropout);
            DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.LoadFromEnumerable(Chance(seed: 1)));
            return ml.BinaryClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(Chance(seed: 2)))).LogLoss;
        }

        Assert.IsLessThan(0.85 * LogLossOnChance(inputDropout: 0), LogLossOnChance(inputDropout: 0.5));
    }

    [TestMethod]
    public void A_threshold_of_a_skewed_feature_among_others_is_learned_from_few_rows()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 150);
        options.HiddenWidth = null;
        DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.LoadFromEnumerable(Threshold(rows: 120, seed: 1).ToArray()));
        CalibratedBinaryClassificationMetrics metrics = ml.BinaryClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(Threshold(rows: 1000, seed: 2).ToArray())));
        Assert.IsGreaterThan(0.95, metrics.Accuracy);
    }

    [TestMethod]
    public void Progress_is_reported_after_every_epoch()
    {
        var reports = new List<TrainingProgress>();
        var ml = new MLContext(seed: 1);
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 5);
        options.Training.Progress = new SynchronousProgress(reports.Add);
        ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml));
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5 }, reports.Select(report => report.Epoch).ToArray());
        Assert.IsLessThan(reports[0].TrainingLoss, reports[^1].TrainingLoss);
        Assert.IsTrue(reports.All(report => report.SolverIterations > 0 && report.MaximumEpochs == 5));
        Assert.AreEqual(5, messages.Count(message => message.Contains("Epoch ", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Cancellation_throws_or_returns_the_best_model_as_asked()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        DeepEquilibriumOptions Cancelling(CancellationBehavior behavior)
        {
            var source = new CancellationTokenSource();
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 100_000);
            options.Training.CancellationToken = source.Token;
            options.Training.OnCancellation = behavior;
            options.Training.Progress = new SynchronousProgress(report =>
            {
                if (report.Epoch == 20)
                {
                    source.Cancel();
                }
            });
            return options;
        }

        Assert.ThrowsExactly<OperationCanceledException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium(Cancelling(CancellationBehavior.Throw)).Fit(data));
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(Cancelling(CancellationBehavior.ReturnBestModel)).Fit(data);
        Assert.IsTrue(Scored.Vectors(model.Transform(data)).All(score => score.All(float.IsFinite)));
    }

    [TestMethod]
    public void Early_stopping_ends_training_and_keeps_the_best_epoch()
    {
        var ml = new MLContext(seed: 1);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(RealData.Concrete(ml), 0.3, seed: 1);
        var reports = new List<TrainingProgress>();
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2000);
        options.Training.EarlyStoppingPatience = 5;
        options.Training.Schedule = LearningRateSchedule.Constant;
        options.Training.LearningRate = 0.02;
        options.Training.Progress = new SynchronousProgress(reports.Add);
        DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(split.TrainSet, split.TestSet);
        TrainingProgress last = reports[^1];
        Assert.IsLessThan(2000, last.Epoch);
        Assert.AreEqual(last.BestEpoch + 5, last.Epoch);

        double best = reports.Min(report => report.ValidationLoss!.Value);
        double[] labels = [.. split.TrainSet.GetColumn<float>("Label").Select(label => (double)label)];
        double variance = labels.Select(label => Math.Pow(label - labels.Average(), 2)).Average();
        double error = ml.Regression.Evaluate(model.Transform(split.TestSet)).MeanSquaredError;
        Assert.AreEqual(best, error / variance, 1e-3 * best);
    }

    [TestMethod]
    public void Cancellation_before_the_first_epoch_throws_whatever_was_asked()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create();
        options.Training.CancellationToken = new CancellationToken(canceled: true);
        options.Training.OnCancellation = CancellationBehavior.ReturnBestModel;
        Assert.ThrowsExactly<OperationCanceledException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml)));
    }

    [TestMethod]
    [DataRow(EquilibriumSolverKind.Broyden)]
    [DataRow(EquilibriumSolverKind.Picard)]
    public void Other_solvers_find_the_model_that_Anderson_acceleration_finds(EquilibriumSolverKind solver)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        float[][] Train(EquilibriumSolverKind method)
        {
            DeepEquilibriumOptions options = QuickOptions.Create();
            options.Solver = method;
            (options.Tolerance, options.GradientTolerance) = (1e-5, 1e-5);
            return Scored.Vectors(ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data).Transform(data));
        }

        float[][] expected = Train(EquilibriumSolverKind.Anderson);
        float[][] actual = Train(solver);
        double difference = expected.Zip(actual, (e, a) => e.Zip(a, (x, y) => Math.Abs(x - y)).Max()).Max();
        Assert.IsLessThan(0.01, difference);
    }

    [TestMethod]
    public void A_tolerance_that_is_not_reached_is_reported()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, message) => warnings.Add(message.Message);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
        options.MaximumIterations = 2;
        ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml));
        Assert.IsTrue(warnings.Any(message => message.Contains("did not reach Tolerance", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void A_Jacobian_penalty_makes_the_fixed_point_quicker_to_find()
    {
        var ml = new MLContext(seed: 1);
        double Iterations(double penalty)
        {
            double last = 0;
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 20);
            options.JacobianPenalty = penalty;
            options.Training.Progress = new SynchronousProgress(report => last = report.SolverIterations);
            ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(RealData.Iris(ml));
            return last;
        }

        Assert.IsLessThan(Iterations(penalty: 0), Iterations(penalty: 10));
    }

    [TestMethod]
    public void Training_reads_the_data_once()
    {
        var ml = new MLContext(seed: 1);
        int read = 0;
        IEnumerable<Number> Source()
        {
            for (int i = 0; i < 5000; i++)
            {
                read++;
                yield return new Number { Features = [i % 7], Label = i % 7 };
            }
        }

        ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)).Fit(ml.Data.LoadFromEnumerable(Source()));
        Assert.AreEqual(5000, read);
    }

    private static float[][] TrainAndScore(int seed)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        return Scored.Vectors(ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(seed: seed)).Fit(data).Transform(data));
    }

    // Labels that have nothing to do with the features.
    private static IEnumerable<Toss> Chance(int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, 200).Select(_ => new Toss { Features = [.. Enumerable.Range(0, 8).Select(_ => random.NextSingle())], Label = random.NextSingle() < 0.5 }).ToArray();
    }

    // One of eight features, log-normal, says the class by whether it is above its median.
    private static IEnumerable<Toss> Threshold(int rows, int seed)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        for (int row = 0; row < rows; row++)
        {
            float[] features = [.. Enumerable.Range(0, 8).Select(_ => (float)Normal())];
            bool label = features[0] > 0;
            features[0] = MathF.Exp(1.5f * features[0]);
            yield return new Toss { Features = features, Label = label };
        }
    }

    private sealed class Toss
    {
        [VectorType(8)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Number
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
