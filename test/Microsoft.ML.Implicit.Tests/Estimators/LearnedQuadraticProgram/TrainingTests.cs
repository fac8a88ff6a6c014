using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using TorchSharp;

namespace Microsoft.ML.Implicit.Tests.Estimators.LearnedQuadraticProgram;

[TestClass]
public class TrainingTests
{
    [TestMethod]
    public void Every_loss_decides_well_where_costs_are_linear()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Markets.Linear(ml), test = Markets.Linear(ml, seed: 4);
        foreach (DecisionLoss loss in new[] { DecisionLoss.SpoPlus, DecisionLoss.Regret, DecisionLoss.CostError })
        {
            double regret = Markets.Regret(ml.Transforms.LearnedQuadraticProgram(Markets.Options(loss)).Fit(train).Transform(test));
            Assert.IsLessThan(0.005, regret, $"{loss}");
        }
    }

    [TestMethod]
    public void Decision_losses_beat_the_prediction_of_costs_that_are_not_linear()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Markets.Bent(ml), test = Markets.Bent(ml, seed: 4);
        double Regret(DecisionLoss loss) => Markets.Regret(ml.Transforms.LearnedQuadraticProgram(Markets.Options(loss)).Fit(train).Transform(test));
        double twoStage = Regret(DecisionLoss.CostError);
        Assert.IsLessThan(0.5 * twoStage, Regret(DecisionLoss.SpoPlus));
        Assert.IsLessThan(0.5 * twoStage, Regret(DecisionLoss.Regret));
    }

    [TestMethod]
    public void Imitation_learns_the_costs_behind_decisions()
    {
        var ml = new MLContext(seed: 1);
        IDataView Decided(int seed)
        {
            IDataView data = Markets.Linear(ml, seed: seed);
            return ml.Transforms.QuadraticProgram("Costs", "Costs", q: 1, a: Markets.Ones, b: 1, lowerBounds: 0).Fit(data).Transform(data);
        }

        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.Imitation, epochs: 120);
        options.Q = 1;
        IDataView test = Decided(4);
        LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(Decided(3));
        float[][] expected = Scored.Vectors(test, "Costs"), actual = Scored.Vectors(model.Transform(test), "Solution");
        double worst = expected.Zip(actual, (e, a) => e.Zip(a, (x, y) => Math.Abs(x - y)).Max()).Max();
        Assert.IsLessThan(0.02, worst);
    }

    [TestMethod]
    public void A_hidden_constraint_is_learned_from_decisions()
    {
        var ml = new MLContext(seed: 1);
        IDataView Decided(int seed)
        {
            IDataView data = Markets.Linear(ml, seed: seed);
            return ml.Transforms.QuadraticProgram("Decision", "Costs", q: 1, a: new double[,] { { 1, 2, 1 } }, b: 1, lowerBounds: 0).Fit(data).Transform(data);
        }

        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = "Decision",
            Loss = DecisionLoss.Imitation,
            P = "Costs",
            Q = 1,
            LowerBounds = 0,
            LearnedEqualities = 1,
            Training = new TrainingOptions { MaximumEpochs = 120, BatchSize = 32, Seed = 1 },
        };
        IDataView decided = ml.Transforms.LearnedQuadraticProgram(options).Fit(Decided(3)).Transform(Decided(4));
        double worst = Scored.Vectors(decided, "Solution").Max(z => Math.Abs(z[0] + (2 * z[1]) + z[2] - 1));
        Assert.IsLessThan(0.01, worst);
    }

    [TestMethod]
    public void The_same_seed_gives_the_same_model()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Bent(ml);
        float[][] Train(int seed)
        {
            LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 3);
            options.HiddenWidth = 4;
            options.Training.Seed = seed;
            return Scored.Vectors(ml.Transforms.LearnedQuadraticProgram(options).Fit(data).Transform(data), "PredictedCost");
        }

        float[][] first = Train(5), again = Train(5), other = Train(6);
        CollectionAssert.AreEqual(first.SelectMany(row => row).ToArray(), again.SelectMany(row => row).ToArray());
        CollectionAssert.AreNotEqual(first.SelectMany(row => row).ToArray(), other.SelectMany(row => row).ToArray());
    }

    [TestMethod]
    public void Progress_is_reported_every_epoch_and_validation_ends_training_early()
    {
        var ml = new MLContext(seed: 1);
        var reports = new List<TrainingProgress>();
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus, epochs: 60);
        options.Training.EarlyStoppingPatience = 3;
        options.Training.Progress = new Recorder(reports);
        ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml), Markets.Linear(ml, seed: 9));
        Assert.IsLessThan(60, reports.Count);
        Assert.IsTrue(reports.All(report => report.ValidationLoss > -1e-6 && report.SolverIterations > 1));
        CollectionAssert.AreEqual(Enumerable.Range(1, reports.Count).ToArray(), reports.Select(report => report.Epoch).ToArray());
    }

    [TestMethod]
    public void Rows_set_out_from_their_last_solution_and_take_fewer_iterations()
    {
        var ml = new MLContext(seed: 1);
        foreach (DecisionLoss loss in new[] { DecisionLoss.SpoPlus, DecisionLoss.Regret })
        {
            var reports = new List<TrainingProgress>();
            LearnedQuadraticProgramOptions options = Markets.Options(loss, epochs: 10);
            options.Training.ValidationFraction = 0;
            options.Training.Progress = new Recorder(reports);
            ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Bent(ml));
            Assert.IsLessThan(0.85 * reports[0].SolverIterations, reports[^1].SolverIterations, $"{loss}");
        }
    }

    [TestMethod]
    public void Training_that_makes_decisions_worse_ends_with_the_least_squares_fit()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Markets.Noisy(ml), validation = Markets.Noisy(ml, seed: 9), test = Markets.Noisy(ml, seed: 4);
        float[][] Costs(DecisionLoss loss, double learningRate)
        {
            LearnedQuadraticProgramOptions options = Markets.Options(loss, epochs: 3);
            options.Training.LearningRate = learningRate;
            return Scored.Vectors(ml.Transforms.LearnedQuadraticProgram(options).Fit(train, validation).Transform(test), "PredictedCost");
        }

        float[] fit = [.. Costs(DecisionLoss.CostError, double.Epsilon).SelectMany(row => row)];
        CollectionAssert.AreEqual(fit, Costs(DecisionLoss.SpoPlus, learningRate: 100).SelectMany(row => row).ToArray());
        CollectionAssert.AreEqual(fit, Costs(DecisionLoss.Regret, learningRate: 100).SelectMany(row => row).ToArray());
    }

    [TestMethod]
    public void Rows_count_by_their_weights()
    {
        var ml = new MLContext(seed: 1);
        IEnumerable<Markets.Row> Rows(float[] costs, float weight) =>
            Enumerable.Range(0, 30).Select(i => new Markets.Row { Features = [i / 30f, 1], Costs = costs, Weight = weight });
        IDataView data = ml.Data.LoadFromEnumerable(Rows([0, 1, 2], weight: 1).Concat(Rows([2, 1, 0], weight: 0)));
        foreach (DecisionLoss loss in new[] { DecisionLoss.SpoPlus, DecisionLoss.Regret, DecisionLoss.CostError })
        {
            LearnedQuadraticProgramOptions options = Markets.Options(loss, epochs: 3);
            options.ExampleWeightColumnName = nameof(Markets.Row.Weight);
            float[][] decisions = Scored.Vectors(ml.Transforms.LearnedQuadraticProgram(options).Fit(data).Transform(data), "Solution");
            Assert.IsTrue(decisions.All(decision => decision[0] > 0.999f), $"{loss}");
        }
    }

    [TestMethod]
    public void Cancellation_ends_training()
    {
        var ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.SpoPlus);
        options.Training.CancellationToken = source.Token;
        options.Training.Progress = new Recorder([], () => source.Cancel());
        Assert.Throws<OperationCanceledException>(() => ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml)));
    }

    [TestMethod]
    [DataRow(DecisionLoss.SpoPlus)]
    [DataRow(DecisionLoss.Regret)]
    [DataRow(DecisionLoss.CostError)]
    public void Cancelled_before_there_is_a_better_model_training_gives_the_fit_that_it_sets_out_from(DecisionLoss loss)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Linear(ml);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        using var late = new CancellationTokenSource();
        LearnedQuadraticProgramOptions options = Markets.Options(loss);
        options.Training.OnCancellation = CancellationBehavior.ReturnBestModel;
        foreach (CancellationTokenSource source in new[] { cancelled, late })
        {
            // No epoch of so large a rate comes near the fit.
            options.Training.LearningRate = 100;
            options.Training.CancellationToken = source.Token;
            options.Training.Progress = new Recorder([], () => source.Cancel());

            using LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(data);

            IDataView decided = model.Transform(data);
            float[][] costs = Scored.Vectors(decided, "Costs"), predicted = Scored.Vectors(decided, "PredictedCost");
            Assert.IsLessThan(1e-4, costs.Zip(predicted, (c, p) => c.Zip(p, (x, y) => Math.Abs(x - y)).Max()).Max());
            Assert.IsLessThan(1e-4, Markets.Regret(decided));
        }
    }

    [TestMethod]
    public void Imitation_sets_out_from_no_model_to_give_when_it_is_cancelled_at_once()
    {
        var ml = new MLContext(seed: 1);
        using var source = new CancellationTokenSource();
        source.Cancel();
        LearnedQuadraticProgramOptions options = Markets.Options(DecisionLoss.Imitation);
        options.Q = 1;
        options.Training.CancellationToken = source.Token;
        options.Training.OnCancellation = CancellationBehavior.ReturnBestModel;
        Assert.Throws<OperationCanceledException>(() => ml.Transforms.LearnedQuadraticProgram(options).Fit(Markets.Linear(ml)));
    }

    [TestMethod]
    public void Training_and_scoring_leave_no_tensor_behind()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Markets.Linear(ml);
        using DisposeScope scope = torch.NewDisposeScope();
        using (LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(Markets.Options(DecisionLoss.SpoPlus, epochs: 2)).Fit(data))
        {
            _ = Scored.Vectors(model.Transform(data), "Solution");
        }

        Assert.AreEqual(0, scope.DisposablesCount);
    }

    private sealed class Recorder(List<TrainingProgress> reports, Action? onReport = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            reports.Add(value);
            onReport?.Invoke();
        }
    }
}
