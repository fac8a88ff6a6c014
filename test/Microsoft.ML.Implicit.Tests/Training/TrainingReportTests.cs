using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>The history that stays with a model, in every way of training there is.</summary>
[TestClass]
public sealed class TrainingReportTests
{
    public static IEnumerable<string> Kinds => Trainers.All.Keys;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_keeps_what_was_reported_of_its_training_in_its_file_too(string kind)
    {
        var reported = new List<TrainingProgress>();
        var ml = new MLContext(seed: 1);
        var options = new TrainingOptions { MaximumEpochs = 2, Seed = 7, Progress = new SynchronousProgress(reported.Add) };
        SavedModel saved = Trainers.All[kind](ml, options);
        using var model = (IDisposable)saved.Model;
        TrainingReport report = ReportOf(saved.Model)!;
        Assert.AreEqual(7, report.Seed);
        Assert.AreEqual(7, report.Networks[0].Seed);
        if (kind == "field")
        {
            // Steps of coefficients are reported before those of the network that closes the equation.
            reported.RemoveRange(0, 2);
        }

        CollectionAssert.AreEqual(reported, report.Networks.SelectMany(network => network.Epochs).ToList());
        Assert.IsTrue(report.Networks.All(network => network.End == TrainingEnd.LastEpoch && network.Epochs.Count == 2));
        Assert.IsTrue(report.Networks.All(network => network.BestEpoch == network.Epochs[^1].BestEpoch));
        Assert.IsGreaterThanOrEqualTo(reported[^1].Elapsed, report.Elapsed);
        Assert.AreEqual(kind != "field-coefficients", report.ChosenSettings.ContainsKey("Training.BatchSize"), "Coefficients are found from all rows at once.");
        Assert.IsFalse(report.ChosenSettings.ContainsKey("Training.MaximumEpochs"));

        using var file = new MemoryStream();
        ml.Model.Save(saved.Model, saved.Rows.Schema, file);
        file.Position = 0;
        using var loaded = (IDisposable)ml.Model.Load(file, out _);
        TrainingReport again = ReportOf(loaded)!;
        Assert.AreEqual(report.ToString(), again.ToString());
        CollectionAssert.AreEqual(report.ChosenSettings.ToList(), again.ChosenSettings.ToList());
        Assert.AreEqual(report.Elapsed, again.Elapsed);
        foreach ((NetworkTraining then, NetworkTraining now) in report.Networks.Zip(again.Networks))
        {
            Assert.AreEqual(then with { Epochs = [] }, now with { Epochs = then.Epochs.Count == now.Epochs.Count ? [] : now.Epochs });
            CollectionAssert.AreEqual(then.Epochs.ToList(), now.Epochs.ToList());
        }
    }

    [TestMethod]
    public void It_says_why_training_ended()
    {
        var rows = Shapes.Create(60);
        TrainingReport Train(Action<TrainingOptions> change)
        {
            var options = new TrainingOptions { MaximumEpochs = 40, BatchSize = 16, Seed = 1, ValidationFraction = 0.3, EarlyStoppingPatience = 2, LearningRate = 0.3 };
            change(options);
            using var model = (DeepEquilibriumTransformer)Trainers.JacobianPenaltyOn(rows, new MLContext(seed: 1), options).Model;
            return model.Model.Training!;
        }

        NetworkTraining stopped = Train(_ => { }).Networks[0];
        Assert.AreEqual(TrainingEnd.NoImprovement, stopped.End);
        Assert.AreEqual(stopped.BestEpoch + 2, stopped.Epochs[^1].Epoch);
        Assert.AreEqual(stopped.Epochs.MinBy(epoch => epoch.ValidationLoss)!.Epoch, stopped.BestEpoch);

        using var source = new CancellationTokenSource();
        TrainingReport cancelled = Train(options =>
        {
            options.EarlyStoppingPatience = 40;
            options.CancellationToken = source.Token;
            options.OnCancellation = CancellationBehavior.ReturnBestModel;
            options.Progress = new SynchronousProgress(report =>
            {
                if (report.Epoch == 3)
                {
                    source.Cancel();
                }
            });
        });
        Assert.AreEqual(TrainingEnd.Cancelled, cancelled.Networks.Single().End);
        Assert.HasCount(3, cancelled.Networks[0].Epochs);
        StringAssert.Contains(cancelled.ToString(), "cancelled", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_training_that_was_interrupted_has_the_history_of_one_that_was_not()
    {
        FileInfo path = new(Path.GetTempFileName());
        path.Delete();
        try
        {
            TrainingReport? Train(string? checkpoint, int dies)
            {
                var options = new TrainingOptions
                {
                    MaximumEpochs = 3,
                    BatchSize = 32,
                    Seed = 1,
                    CheckpointPath = checkpoint,
                    Progress = new SynchronousProgress(report =>
                    {
                        if (report.Epoch == dies)
                        {
                            throw new IOException("killed");
                        }
                    }),
                };
                try
                {
                    using var model = (DeepEquilibriumTransformer)Trainers.JacobianPenaltyOn(Shapes.Create(60), new MLContext(seed: 1), options).Model;
                    return model.Model.Training!;
                }
                catch (IOException)
                {
                    return null;
                }
            }

            TrainingReport expected = Train(null, dies: 0)!;
            Assert.IsNull(Train(path.FullName, dies: 2));
            Assert.IsNull(Train(path.FullName, dies: 5));
            TrainingReport report = Train(path.FullName, dies: 0)!;
            TrainingProgress[] Untimed(TrainingReport of) => [.. of.Networks.SelectMany(network => network.Epochs).Select(epoch => epoch with { Elapsed = default })];
            CollectionAssert.AreEqual(Untimed(expected), Untimed(report));
            TimeSpan[] elapsed = [.. report.Networks.SelectMany(network => network.Epochs).Select(epoch => epoch.Elapsed)];
            CollectionAssert.AreEqual(elapsed.Order().ToArray(), elapsed, "time goes on where it was interrupted");
        }
        finally
        {
            path.Delete();
        }
    }

    [TestMethod]
    public void It_prints_a_table_with_the_first_the_best_and_the_last_epoch_of_a_long_training()
    {
        TrainingProgress[] epochs = [.. Enumerable.Range(1, 300).Select(i => new TrainingProgress(i, 300, 1.0 / i, null, Math.Min(i, 123), 0.01, 7.25, TimeSpan.FromSeconds(i)))];
        var report = new TrainingReport(5, TimeSpan.FromSeconds(300), new Dictionary<string, double> { ["Training.BatchSize"] = 64 }, [new NetworkTraining(5, TrainingEnd.LastEpoch, 123, epochs)]);
        CultureInfo culture = CultureInfo.CurrentCulture;
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        commas.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = commas;
        string[] lines = report.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        CultureInfo.CurrentCulture = culture;
        Assert.AreEqual("Trained 1 network in 300.0 s with seed 5.", lines[0]);
        Assert.AreEqual("Chosen by default: Training.BatchSize = 64.", lines[1]);
        Assert.IsLessThan(30, lines.Length);
        Assert.IsTrue(lines.Any(line => line.TrimStart().StartsWith("1 ", StringComparison.Ordinal)));
        Assert.IsTrue(lines.Any(line => line.TrimStart().StartsWith("123* ", StringComparison.Ordinal)));
        Assert.AreEqual("   300     0.0033333                    0.01        7.3     300.0".Length, lines[^1].Length);
        Assert.IsTrue(lines[3..].All(line => line.Length == lines[^1].Length), "columns stand below each other");
    }

    [TestMethod]
    [DataRow("multiclass-ensemble")]
    [DataRow("jacobian-penalty")]
    [DataRow("flow-matching")]
    [DataRow("forecast-gru")]
    public void A_loss_that_stops_being_finite_is_told_with_the_epoch_and_the_step_it_began_in(string kind)
    {
        var options = new TrainingOptions { MaximumEpochs = 4, BatchSize = 16, Seed = 1, LearningRate = 1e35, Schedule = LearningRateSchedule.Constant, WeightDecay = 0 };
        string message = Assert.ThrowsExactly<InvalidOperationException>(() => Trainers.All[kind](new MLContext(seed: 1), options)).Message;
        StringAssert.StartsWith(message, "Training stopped being finite in epoch ", StringComparison.Ordinal);
        StringAssert.Contains(message, "Lower Training.LearningRate (now 1E+35)", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Latent_vectors_are_learned_with_validation_rows_of_one_s_own_too()
    {
        var ml = new MLContext(seed: 1);
        IDataView Rows(int count) => ml.Data.LoadFromEnumerable(Shapes.Create(count));
        var options = new NormalizingFlowOptions { HiddenWidth = 8, Training = { MaximumEpochs = 2, Seed = 1 } };
        using LatentTransformer heldOut = ml.Transforms.NormalizingFlow(options).Fit(Rows(120));
        using LatentTransformer given = ml.Transforms.NormalizingFlow(options).Fit(Rows(90), Rows(40));
        using LatentTransformer none = ml.Transforms.NormalizingFlow(options).Fit(Rows(90));
        Assert.AreEqual(0.2, heldOut.Model.Training!.ChosenSettings["Training.ValidationFraction"]);
        Assert.IsFalse(given.Model.Training!.ChosenSettings.ContainsKey("Training.ValidationFraction"));
        Assert.IsTrue(new[] { heldOut, given }.All(model => model.Model.Training!.Networks[0].Epochs.All(epoch => epoch.ValidationLoss is not null)));
        Assert.IsTrue(none.Model.Training!.Networks[0].Epochs.All(epoch => epoch.ValidationLoss is null));
    }

    [TestMethod]
    public void Files_without_a_history_have_none()
    {
        using var model = (DeepEquilibriumTransformer)new MLContext().Model.Load(Path.Combine(AppContext.BaseDirectory, "Persistence", "Version010", "binary.zip"), out _);
        Assert.IsNull(model.Model.Training);
    }

    private static TrainingReport? ReportOf(object transformer) => transformer switch
    {
        DeepEquilibriumTransformer equilibrium => equilibrium.Model.Training,
        NeuralOdeTransformer ode => ode.Model.Training,
        NormalizingFlowTransformer flow => flow.Model.Training,
        LatentTransformer latent => latent.Model.Training,
        LatentOdeTransformer forecaster => forecaster.Model.Training,
        MechanicsTransformer mechanics => mechanics.Model.Training,
        ControlledEquationTransformer labels => labels.Model.Training,
        SeriesFeatureTransformer features => features.Model.Training,
        FieldTransformer field => field.Model.Training,
        LatentSdeTransformer forecaster => forecaster.Model.Training,
        MaximumSatisfiabilityTransformer clauses => clauses.Model.Training,
        LearnedConeProgramTransformer decisions => decisions.Model.Training,
        _ => ((LearnedQuadraticProgramTransformer)transformer).Model.Training,
    };
}
