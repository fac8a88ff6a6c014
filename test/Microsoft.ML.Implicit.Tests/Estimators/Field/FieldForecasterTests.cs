using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.Field;

[TestClass]
public sealed class FieldForecasterTests
{
    private static readonly double[] Times = [.. Enumerable.Range(0, 9).Select(i => 0.05 * i)];

    private static readonly FieldRow[] Burgers = Simulation.Create(3, Times, seed: 1, new Convection(), new Diffusion(0.03));

    private static readonly PhysicalTerm[] Known = [new PhysicalTerm(PhysicalTermKind.Convection, 1), new PhysicalTerm(PhysicalTermKind.Diffusion)];

    [TestMethod]
    [DataRow(FieldDerivatives.FourthOrder, FieldSolver.Explicit)]
    [DataRow(FieldDerivatives.Spectral, FieldSolver.Explicit)]
    [DataRow(FieldDerivatives.FourthOrder, FieldSolver.Implicit)]
    public void A_viscosity_is_found_within_a_percent(FieldDerivatives derivatives, FieldSolver solver)
    {
        FieldOptions options = Options(epochs: 4);
        (options.Derivatives, options.Solver, options.RolloutLength) = (derivatives, solver, 2);
        using FieldTransformer model = Fit(Burgers, options, Known);
        Assert.AreEqual(1, model.Model.Terms[0].Coefficients[0], 1e-6);
        Assert.AreEqual(0.03, model.Model.Terms[1].Coefficients[0], 3e-4);
    }

    [TestMethod]
    public void A_viscosity_is_found_where_much_happens_from_row_to_row()
    {
        FieldRow[] rows = Simulation.Create(3, [.. Enumerable.Range(0, 6).Select(i => 0.1 * i)], seed: 4, new Convection(), new Diffusion(0.1));
        using FieldTransformer model = Fit(rows, Options(epochs: 30), Known);
        Assert.AreEqual(0.1, model.Model.Terms[1].Coefficients[0], 5e-4);
        NetworkTraining training = model.Model.Training!.Networks.Single();
        Assert.AreEqual(TrainingEnd.NoImprovement, training.End);
        Assert.IsLessThan(1e-4, training.Epochs[^1].TrainingLoss / training.Epochs[0].TrainingLoss);
    }

    [TestMethod]
    public void Noise_in_close_rows_does_not_pull_a_conductivity_down()
    {
        double[] times = [.. Enumerable.Range(0, 60).Select(i => 0.005 * i)];
        FieldRow[] rows = Simulation.Create(4, times, seed: 1, new Diffusion(0.02));
        AddNoise(rows, 0.01);
        using FieldTransformer model = Fit(rows, Options(epochs: 30), new PhysicalTerm(PhysicalTermKind.Diffusion));
        Assert.AreEqual(0.02, model.Model.Terms[0].Coefficients[0], 0.02 * 0.04);
    }

    [TestMethod]
    public void Noise_above_what_changes_from_row_to_row_does_not_pull_a_conductivity_up_beside_a_learned_advection()
    {
        double[] times = [.. Enumerable.Range(0, 40).Select(i => 0.01 * i)];
        FieldRow[] rows = Simulation.Create(4, times, seed: 1, new Advection([0.4]), new Diffusion(0.02));
        AddNoise(rows, 0.1);
        var warnings = new List<string>();
        using FieldTransformer model = Fit(rows, Options(epochs: 30), warnings, new PhysicalTerm(PhysicalTermKind.Advection), new PhysicalTerm(PhysicalTermKind.Diffusion));
        Assert.AreEqual(0.4, model.Model.Terms[0].Coefficients[0], 0.02);
        Assert.AreEqual(0.02, model.Model.Terms[1].Coefficients[0], 0.006);
        StringAssert.Contains(warnings.Single(), "mostly noise", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Every_step_is_reported_when_it_is_done_and_can_be_cancelled_there()
    {
        FieldRow[] rows = Simulation.Create(3, Times, seed: 1, new Diffusion(0.02), new Reaction([0, 1, -1]));
        var reports = new List<TrainingProgress>();
        FieldOptions options = Options(epochs: 2);
        options.Training.Progress = new SynchronousProgress(reports.Add);
        using FieldTransformer whole = Fit(rows, options);
        NetworkTraining history = whole.Model.Training!.Networks.Single();
        CollectionAssert.AreEqual(reports.TakeLast(2).ToArray(), history.Epochs.ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(1, reports.Count).ToArray(), reports.Select(report => report.Epoch).ToArray());
        Assert.IsTrue(reports.TrueForAll(report => report.Epoch <= report.MaximumEpochs));
        Assert.IsTrue(reports.Zip(reports.Skip(1), (first, next) => first.Elapsed < next.Elapsed).All(isLater => isLater));

        for (int last = 1; last < reports.Count; last++)
        {
            using var source = new CancellationTokenSource();
            int count = 0;
            options.Training.CancellationToken = source.Token;
            options.Training.OnCancellation = CancellationBehavior.ReturnBestModel;
            options.Training.Progress = new SynchronousProgress(report =>
            {
                count++;
                if (report.Epoch == last)
                {
                    source.Cancel();
                }
            });
            using FieldTransformer part = Fit(rows, options);
            Assert.AreEqual(last, count);
            Assert.AreEqual(TrainingEnd.Cancelled, part.Model.Training!.Networks.Single().End);
        }
    }

    [TestMethod]
    public void Of_a_learned_equation_only_what_it_has_is_left()
    {
        FieldRow[] rows = Simulation.Create(6, Times, seed: 1, new Advection([0.4]), new Diffusion(0.02));
        using FieldTransformer model = Fit(rows, Options(epochs: 30));
        LocalClosure closure = model.Model.Dynamics.Terms.OfType<LocalClosure>().Single();
        IEnumerable<(string Name, int Count)> weights = closure.state_dict().Where(entry => !entry.Key.StartsWith("hidden", StringComparison.Ordinal)).Select(entry => (entry.Key, (int)entry.Value.count_nonzero().item<long>()));
        Assert.AreEqual("constant 0, linear 2, output.weight 0, quadratic 0", string.Join(", ", weights.Select(weight => $"{weight.Name} {weight.Count}").Order()));
    }

    [TestMethod]
    public void Speed_decay_and_conductivity_are_found_together()
    {
        FieldRow[] rows = Simulation.Create(3, Times, seed: 1, new Advection([0.4]), new Diffusion(0.02), new Reaction([0.1, -0.5, 0, 0]));
        using FieldTransformer model = Fit(rows, Options(epochs: 15), new PhysicalTerm(PhysicalTermKind.Advection), new PhysicalTerm(PhysicalTermKind.Diffusion), new PhysicalTerm(PhysicalTermKind.Reaction));
        IReadOnlyList<PhysicalTerm> terms = model.Model.Terms;
        Assert.AreEqual(0.4, terms[0].Coefficients[0], 0.004);
        Assert.AreEqual(0.02, terms[1].Coefficients[0], 2e-4);
        Assert.AreEqual(0.1, terms[2].Coefficients[0], 0.01);
        Assert.AreEqual(-0.5, terms[2].Coefficients[1], 0.04);
    }

    [TestMethod]
    public void A_learned_equation_forecasts_new_fields_far_ahead_from_few_series()
    {
        FieldRow[] rows = Simulation.Create(6, Times, seed: 1, new Convection(), new Diffusion(0.03));
        FieldRow[] unseen = Simulation.Create(10, [0, 1], seed: 2, new Convection(), new Diffusion(0.03));
        FieldOptions options = Options(horizon: 1, epochs: 4);
        options.Training.LearningRate = 2e-4;
        using FieldTransformer model = Fit(rows, options);
        Assert.IsLessThan(0.01, RelativeError(Forecasts(model, unseen[..10]), unseen[10..]));
    }

    [TestMethod]
    public void What_known_terms_leave_open_is_learned_beside_them()
    {
        FieldRow[] rows = Simulation.Create(3, Times, seed: 1, new Diffusion(0.02), new Reaction([0, 1, -1]));
        FieldRow[] unseen = Simulation.Create(10, [0, 1], seed: 2, new Diffusion(0.02), new Reaction([0, 1, -1]));
        FieldOptions options = Options(horizon: 1, epochs: 4);
        options.ClosureDerivatives = 0;
        options.Training.LearningRate = 2e-4;
        options.Terms = [new PhysicalTerm(PhysicalTermKind.Diffusion, 0.02)];
        using FieldTransformer model = new MLContext(seed: 1).Forecasting.ForecastField(options).Fit(new MLContext().Data.LoadFromEnumerable(rows));
        Assert.IsLessThan(0.01, RelativeError(Forecasts(model, unseen[..10]), unseen[10..]));
    }

    [TestMethod]
    public void Units_order_and_names_do_not_matter()
    {
        using FieldTransformer plain = Fit(Burgers, Options(epochs: 2), Known);
        FieldRow[] changed = [.. Burgers.Reverse().Select(row => new FieldRow { Run = row.Run + "!", Time = 1e6 + (3600 * row.Time), Field = [.. row.Field.Select(value => 1000 * value)] })];
        FieldOptions options = Options(horizon: 0.4 * 3600, epochs: 2);
        options.Grid = new FieldGrid(GridAxis.Periodic(Simulation.Points, 25 * Simulation.Length));

        // The velocity's unit is that of lengths a time.
        using FieldTransformer other = Fit(changed, options, new PhysicalTerm(PhysicalTermKind.Convection, 25 / 3600.0 / 1000), new PhysicalTerm(PhysicalTermKind.Diffusion));
        Assert.AreEqual(plain.Model.Terms[1].Coefficients[0] * 25 * 25 / 3600, other.Model.Terms[1].Coefficients[0], 1e-3 * other.Model.Terms[1].Coefficients[0]);
        float[][] expected = Forecasts(plain, Burgers), actual = Forecasts(other, [.. changed.Reverse()]);
        foreach ((float left, float right) in expected.Zip(actual).SelectMany(pair => pair.First.Zip(pair.Second)))
        {
            Assert.AreEqual(left, right / 1000, 2e-4f);
        }
    }

    [TestMethod]
    [DataRow(FieldSolver.Explicit)]
    [DataRow(FieldSolver.Implicit)]
    public void A_forecast_depends_on_its_row_alone_and_a_row_that_is_not_finite_has_none(FieldSolver solver)
    {
        FieldOptions options = Options(epochs: 1);
        (options.Solver, options.RolloutLength) = (solver, 1);
        using FieldTransformer model = Fit(Burgers, options, Known);
        float[][] all = Forecasts(model, Burgers[..8]);
        FieldRow broken = new() { Field = [float.NaN, .. new float[Simulation.Points - 1]] };
        FieldRow wild = new() { Field = [.. Burgers[0].Field.Select(value => 5 * value)] };
        float[][] mixed = Forecasts(model, [wild, Burgers[7], broken, Burgers[3]]);
        CollectionAssert.AreEqual(all[7], mixed[1]);
        CollectionAssert.AreEqual(all[3], mixed[3]);
        Assert.IsTrue(Array.TrueForAll(mixed[2], float.IsNaN));
        Assert.IsTrue(Array.TrueForAll(mixed[0], float.IsFinite));
    }

    [TestMethod]
    public void Forecasts_at_several_times_stand_one_after_another()
    {
        FieldOptions options = Options(epochs: 1);
        options.Horizon = [0.1, 0.4];
        using FieldTransformer model = Fit(Burgers, options, Known);
        IDataView scored = model.Transform(new MLContext().Data.LoadFromEnumerable(Burgers[..3]));
        CollectionAssert.AreEqual(new[] { 2, Simulation.Points }, ((VectorDataViewType)scored.Schema["Forecast"].Type).Dimensions.ToArray());
        FieldRow[] ends = [.. Burgers.Where(row => Math.Abs(row.Time - Times[^1]) < 1e-9)];
        float[][] forecasts = Scored.Vectors(scored, "Forecast");
        Assert.IsLessThan(0.01, RelativeError([.. forecasts.Select(forecast => forecast[Simulation.Points..])], ends));
    }

    [TestMethod]
    public void Fields_between_boundaries_on_a_rectangle_are_forecast()
    {
        var grid = new FieldGrid(GridAxis.Bounded(4, 1, BoundaryCondition.Neumann(), BoundaryCondition.Neumann()), GridAxis.Bounded(8, 2, BoundaryCondition.Dirichlet(1), BoundaryCondition.Dirichlet(1)));

        // 1 + e^(-Dλt) cos(πy) sin(πx/2), with λ = π² + π²/4.
        FieldRow[] rows = [.. Enumerable.Range(0, 8).Select(i => new FieldRow { Time = 0.05 * i, Field = Exact(0.05 * i) })];
        FieldOptions options = Options(horizon: 0.3, epochs: 10);
        (options.Grid, options.SeriesColumnName, options.Derivatives) = (grid, null, FieldDerivatives.Spectral);
        using FieldTransformer model = Fit(rows, options, new PhysicalTerm(PhysicalTermKind.Diffusion));
        Assert.AreEqual(0.2, model.Model.Terms[0].Coefficients[0], 0.002);
        Assert.IsLessThan(0.002, RelativeError(Forecasts(model, rows[..1]), [rows[6]]));

        float[] Exact(double time) =>
        [
            .. from y in grid.Axes[0].Positions
               from x in grid.Axes[1].Positions
               select (float)(1 + (Math.Exp(-0.2 * 1.25 * Math.PI * Math.PI * time) * Math.Cos(Math.PI * y) * Math.Sin(Math.PI * x / 2))),
        ];
    }

    [TestMethod]
    public void Rows_at_uneven_times_and_without_all_values_are_learned_from()
    {
        double[] times = [0, 0.02, 0.05, 0.11, 0.15, 0.17, 0.24, 0.3];
        FieldRow[] rows = Simulation.Create(3, times, seed: 1, new Convection(), new Diffusion(0.03));
        rows[10].Field[3] = float.NaN;
        rows[13].Time = double.NaN;
        using FieldTransformer model = Fit(rows, Options(epochs: 10), Known);
        Assert.AreEqual(0.03, model.Model.Terms[1].Coefficients[0], 3e-4);
    }

    [TestMethod]
    public async Task A_saved_model_forecasts_the_same_in_a_fresh_process()
    {
        var ml = new MLContext(seed: 1);
        using FieldTransformer model = Fit(Burgers, Options(epochs: 1), Known);
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            var saved = new SavedModel(model, ml.Data.LoadFromEnumerable(Burgers), "Forecast");
            SavedScores.Save(ml, saved, Path.Combine(folder.FullName, "field"));
            using Process process = TestProcess.Start(SavedScores.Command, folder.FullName);
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string printed = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.AreEqual(0, process.ExitCode, await errors);
            Assert.AreEqual(SavedScores.Describe("field", model.Transform(saved.Rows), saved.Outputs), printed.Trim());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static FieldOptions Options(int epochs, double horizon = 0.4) =>
        new() { Grid = Simulation.Grid, Horizon = [horizon], SeriesColumnName = nameof(FieldRow.Run), Training = { Seed = 1, MaximumEpochs = epochs } };

    private static void AddNoise(FieldRow[] rows, double share)
    {
        var random = new Random(1);
        double deviation = share * Math.Sqrt(rows.SelectMany(row => row.Field).Average(value => value * (double)value));
        Array.ForEach(rows, row => row.Field = [.. row.Field.Select(value => (float)(value + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))))]);
    }

    private static FieldTransformer Fit(FieldRow[] rows, FieldOptions options, params PhysicalTerm[] terms) => Fit(rows, options, [], terms);

    private static FieldTransformer Fit(FieldRow[] rows, FieldOptions options, List<string> warnings, params PhysicalTerm[] terms)
    {
        var ml = new MLContext(seed: 1);
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(message.RawMessage);
            }
        };
        options.Terms = terms;
        options.LearnsClosure = terms.Length == 0;
        return ml.Forecasting.ForecastField(options).Fit(ml.Data.LoadFromEnumerable(rows));
    }

    private static float[][] Forecasts(ITransformer model, FieldRow[] rows) => Scored.Vectors(model.Transform(new MLContext().Data.LoadFromEnumerable(rows)), "Forecast");

    private static double RelativeError(float[][] forecasts, FieldRow[] ends) => forecasts.Zip(ends, (forecast, end) =>
        Math.Sqrt(forecast.Zip(end.Field, (left, right) => Math.Pow(left - right, 2)).Sum() / end.Field.Sum(value => value * (double)value))).Average();
}
