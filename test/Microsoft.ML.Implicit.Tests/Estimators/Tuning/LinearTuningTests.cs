using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Tuning;

[TestClass]
public sealed class LinearTuningTests
{
    private const int Useful = 3;
    private const int All = 20;

    [TestMethod]
    public void One_penalty_is_that_of_a_fine_grid()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation) = (Data(ml, 60, 1), Data(ml, 400, 2));
        var options = new RegularizationTuningOptions { Penalties = PenaltySharing.One };
        RegularizationTuning<RegressionPredictionTransformer<Trainers.LinearRegressionModelParameters>> tuned =
            ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation, options);
        double best = Enumerable.Range(0, 81).Min(i => Error(Fit(Math.Pow(10, -4 + (i / 20.0)))));
        Assert.AreEqual(best, Error(tuned.Model), 0.002 * best);
        Assert.HasCount(1, tuned.Penalties.Select(penalty => Math.Round(penalty.Value, 9)).Distinct().ToArray());
        Assert.IsLessThanOrEqualTo(12, tuned.History.Count);
        Assert.AreEqual(Error(tuned.Model), Error(tuned.Trainer.Fit(train)), 1e-5);

        ITransformer Fit(double penalty) => ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { Penalty = penalty }).Fit(train);

        double Error(ITransformer model) => ml.Regression.Evaluate(model.Transform(validation)).MeanSquaredError;
    }

    [TestMethod]
    public void Features_that_say_nothing_get_the_large_penalties_and_rows_unseen_are_predicted_better()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation, IDataView test) = (Data(ml, 60, 1), Data(ml, 200, 2), Data(ml, 2000, 3));
        var each = ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation);
        var one = ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation, new RegularizationTuningOptions { Penalties = PenaltySharing.One });
        double useful = each.Penalties.Take(Useful).Average(penalty => Math.Log(penalty.Value)), useless = each.Penalties.Skip(Useful).Average(penalty => Math.Log(penalty.Value));
        Assert.IsLessThan(useless - 1.5, useful);
        Assert.IsLessThan(0.9 * Error(one.Model), Error(each.Model));
        Assert.AreEqual("Features[0]", each.Penalties[0].Name);
        Assert.Contains("Features[19]", each.ToString());

        double Error(ITransformer model) => ml.Regression.Evaluate(model.Transform(test)).MeanSquaredError;
    }

    [TestMethod]
    public void Rows_with_wrong_labels_lose_their_weight()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = Rows(300, 4), held = Rows(150, 5);
        bool[] isWrong = [.. rows.Select((_, i) => i % 5 < 2)];
        IDataView train = ml.Data.LoadFromEnumerable(rows.Select((row, i) => new ClassRow { Features = row.Features, Label = row.Label > 0 ^ isWrong[i] }));
        IDataView validation = Classes(ml, held), test = Classes(ml, Rows(2000, 6));
        var options = new RegularizationTuningOptions { TuneExampleWeights = true };
        var weighted = ml.Implicit().TuneRegularization(ml.BinaryClassification.Trainers.PenalizedLinear(), train, validation, options);
        var penalized = ml.Implicit().TuneRegularization(ml.BinaryClassification.Trainers.PenalizedLinear(), train, validation);
        Assert.HasCount(300, weighted.ExampleWeights!);
        double wrong = weighted.ExampleWeights!.Where((_, i) => isWrong[i]).Average(), right = weighted.ExampleWeights!.Where((_, i) => !isWrong[i]).Average();
        Assert.IsLessThan(0.7 * right, wrong, $"{wrong} against {right}");
        Assert.IsGreaterThan(Accuracy(penalized.Model), Accuracy(weighted.Model));
        Assert.IsNull(penalized.ExampleWeights);

        double Accuracy(ITransformer model) => ml.BinaryClassification.Evaluate(model.Transform(test)).Accuracy;
    }

    [TestMethod]
    public void Rows_with_gross_errors_lose_all_of_their_weight()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = Rows(100, 4);
        foreach (Row row in rows.Take(10))
        {
            row.Label += 50;
        }

        var tuned = ml.Implicit().TuneRegularization(
            ml.Regression.Trainers.PenalizedLinear(), ml.Data.LoadFromEnumerable(rows), Data(ml, 100, 5), new RegularizationTuningOptions { TuneExampleWeights = true });
        Assert.IsLessThan(0.02, tuned.ExampleWeights!.Take(10).Max());
        Assert.IsGreaterThan(0.5, tuned.ExampleWeights!.Skip(10).Average());
    }

    [TestMethod]
    [DataRow(1f, false)]
    [DataRow(100f, true)]
    [DataRow(0.01f, true)]
    public void Validation_labels_in_another_unit_are_told(float unit, bool isTold)
    {
        var ml = new MLContext(seed: 1);
        List<string> messages = [];
        ml.Log += (_, log) => messages.Add(log.Message);
        Row[] held = Rows(50, 5);
        foreach (Row row in held)
        {
            row.Label *= unit;
        }

        ml.Implicit().TuneRegularization(
            ml.Regression.Trainers.PenalizedLinear(), Data(ml, 60, 4), ml.Data.LoadFromEnumerable(held), new RegularizationTuningOptions { Penalties = PenaltySharing.One });
        Assert.AreEqual(isTold, messages.Any(message => message.Contains("Are they in the same unit?", StringComparison.Ordinal)), string.Join('\n', messages));
    }

    [TestMethod]
    public void Rows_that_judge_train_the_model_too_where_they_take_turns()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation, IDataView test) = (Data(ml, 30, 1), Data(ml, 90, 2), Data(ml, 2000, 3));
        var options = new RegularizationTuningOptions { Penalties = PenaltySharing.One, ValidationFolds = 3 };
        var folded = ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation, options);
        var single = ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation, new RegularizationTuningOptions { Penalties = PenaltySharing.One });
        IDataView all = ml.Data.LoadFromEnumerable(Rows(30, 1).Concat(Rows(90, 2)));
        Assert.IsLessThan(0.9 * Error(single.Model), Error(folded.Model));
        Assert.AreEqual(Error(folded.Trainer.Fit(all)), Error(folded.Model), 1e-2 * Error(folded.Model));

        double Error(ITransformer model) => ml.Regression.Evaluate(model.Transform(test)).MeanSquaredError;
    }

    [TestMethod]
    public void Slopes_through_several_trainings_are_those_of_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var loss = new SoftmaxLoss(3);
        LinearRows training = Draw(40), validation = Draw(12);
        Tensor agreement = randn(40, ScalarType.Float64, generator: generator);
        var options = new RegularizationTuningOptions { TuneExampleWeights = true };
        var variables = new TunedVariables(full([4], 0.01, ScalarType.Float64), options);
        LinearFold[] folds = LinearFold.LeaveOut(loss, training, validation, RowParts.Draw(12, 3, generator), null);
        Tensor[] judges = [.. folds.Select(fold => tensor([1.0, 0, 1, 1]))];
        var search = new LinearSearch(folds, variables, agreement, judges, _ => { }, CancellationToken.None);
        double[] v = [0.1, -0.3, 0.2, 0.4, -0.5, 0.3, -0.1];

        Objective(v);
        double[] slope = search.Slope(v);
        for (int i = 0; i < v.Length; i++)
        {
            double[] above = [.. v], below = [.. v];
            above[i] += 1e-4;
            below[i] -= 1e-4;
            double difference = (Objective(above) - Objective(below)) / 2e-4;
            Assert.AreEqual(difference, slope[i], 1e-6 * (1 + Math.Abs(difference)), $"variable {i}");
        }

        Array.ForEach(folds, fold => fold.Dispose());

        // Trained again, from the minimum, it is found to the last digits, and its factorisation is made there.
        double Objective(double[] at)
        {
            search.Evaluate(at);
            search.Evaluate(at);
            return search.Evaluate(at).Objective;
        }

        LinearRows Draw(long count)
        {
            Tensor features = cat([randn(count, 4, ScalarType.Float64, generator: generator), ones(count, 1, ScalarType.Float64)], 1);
            Tensor labels = features.narrow(1, 0, 3).argmax(1).to(ScalarType.Float32);
            return new LinearRows(features, loss.Targets(labels), ones(count, ScalarType.Float64));
        }
    }

    [TestMethod]
    public void Penalties_of_features_that_do_not_differ_stay_together()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(5);
        IDataView train = Same(200), validation = Same(60);
        var each = ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation);
        double[] logarithms = [.. each.Penalties.Select(penalty => Math.Log(penalty.Value))];
        Assert.IsLessThan(1, logarithms.Max() - logarithms.Min(), each.ToString());

        // Every feature says as much as any other.
        IDataView Same(int count) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, All).Select(_ => (float)Normal(random))];
            return new Row { Features = features, Label = features.Sum() + (float)(4 * Normal(random)) };
        }).ToArray());
    }

    [TestMethod]
    public void Faults_of_validation_rows_are_said_to_be_theirs()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Data(ml, 20, 1), empty = ml.Data.FilterRowsByColumn(train, "Label", lowerBound: 1e6);
        Row[] rows = Rows(5, 2);
        rows[3].Features[7] = float.PositiveInfinity;
        IDataView faulty = ml.Data.LoadFromEnumerable(rows);
        string[] messages =
        [
            Refusal(() => ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, empty)),
            Refusal(() => ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, faulty)),
            Refusal(() => ml.Regression.Trainers.DeepEquilibrium().Fit(train, faulty)),
        ];
        Assert.AreEqual("Validation rows: There is nothing to learn from: no row has a label in column 'Label'.", messages[0]);
        Assert.StartsWith("Validation rows: Column 'Features', slot 7", messages[1]);
        Assert.AreEqual(messages[1], messages[2]);

        static string Refusal(Action act) => Assert.ThrowsExactly<InvalidOperationException>(act).Message;
    }

    [TestMethod]
    public void Classes_are_tuned_and_progress_is_told()
    {
        var ml = new MLContext(seed: 1);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(RealData.Iris(ml), 0.4, seed: 1);
        var told = new List<TuningProgress>();
        var options = new RegularizationTuningOptions { Progress = new Telling(told.Add), MaximumEvaluations = 8 };
        var tuned = ml.Implicit().TuneRegularization(ml.MulticlassClassification.Trainers.PenalizedLinear(), split.TrainSet, split.TestSet, options);
        CollectionAssert.AreEqual(told, tuned.History.ToArray());
        Assert.IsLessThanOrEqualTo(8, told.Count);
        Assert.IsLessThan(told[0].ValidationLoss, tuned.ValidationLoss);
        Assert.AreEqual(tuned.ValidationLoss, ml.MulticlassClassification.Evaluate(tuned.Model.Transform(split.TestSet)).LogLoss, 1e-4);
        CollectionAssert.AreEqual(
            tuned.Penalties.ToArray(),
            ml.Implicit().TuneRegularization(ml.MulticlassClassification.Trainers.PenalizedLinear(), split.TrainSet, split.TestSet, new RegularizationTuningOptions { MaximumEvaluations = 8 }).Penalties.ToArray());
    }

    [TestMethod]
    public void A_cancelled_tuning_throws_or_gives_the_best_so_far()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation) = (Data(ml, 60, 1), Data(ml, 60, 2));
        using var source = new CancellationTokenSource();
        var progress = new Telling(evaluation =>
        {
            if (evaluation.Evaluation == 3)
            {
                source.Cancel();
            }
        });
        var options = new RegularizationTuningOptions { Progress = progress, CancellationToken = source.Token, OnCancellation = CancellationBehavior.ReturnBestModel };
        Assert.HasCount(3, ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation, options).History);
        options.OnCancellation = CancellationBehavior.Throw;
        Assert.Throws<OperationCanceledException>(() => ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear(), train, validation, options));
    }

    [TestMethod]
    public void What_cannot_be_tuned_is_refused_by_name()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView other) = (Data(ml, 20, 1), RealData.Concrete(ml));
        PenalizedLinearRegressionTrainer trainer = ml.Regression.Trainers.PenalizedLinear();
        Assert.Contains("Features", Assert.ThrowsExactly<ArgumentException>(() => ml.Implicit().TuneRegularization(trainer, train, other)).Message);
        Assert.Contains("ValidationFolds", Refusal(new RegularizationTuningOptions { ValidationFolds = 1 }));
        Assert.Contains("PenaltySpread", Refusal(new RegularizationTuningOptions { PenaltySpread = 0 }));
        Assert.Contains("Penalties", Refusal(new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed }));
        Assert.Contains("TuneInputNoise", Refusal(new RegularizationTuningOptions { TuneInputNoise = true }));
        Assert.Contains("MaximumEvaluations", Refusal(new RegularizationTuningOptions { MaximumEvaluations = 0 }));

        string Refusal(RegularizationTuningOptions options) => Assert.ThrowsExactly<ArgumentException>(() => ml.Implicit().TuneRegularization(trainer, train, train, options)).Message;
    }

    private static IDataView Data(MLContext ml, int count, int seed) => ml.Data.LoadFromEnumerable(Rows(count, seed));

    private static IDataView Classes(MLContext ml, Row[] rows) => ml.Data.LoadFromEnumerable(rows.Select(row => new ClassRow { Features = row.Features, Label = row.Label > 0 }));

    // The first few features say something of the label, the others nothing.
    private static Row[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, All).Select(_ => (float)Normal(random))];
            return new Row { Features = features, Label = (float)(features.Take(Useful).Sum() + (0.7 * Normal(random))) };
        })];
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private sealed class Row
    {
        [VectorType(All)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class ClassRow
    {
        [VectorType(All)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Telling(Action<TuningProgress> action) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value) => action(value);
    }
}
