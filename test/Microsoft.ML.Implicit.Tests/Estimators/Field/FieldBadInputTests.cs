using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;

namespace Microsoft.ML.Implicit.Tests.Estimators.Field;

/// <summary>What cannot be trained on is refused by a message that names the column, row or setting.</summary>
[TestClass]
public sealed class FieldBadInputTests
{
    public static IEnumerable<object[]> Settings => Cases(
        ("Grid", options => options.Grid = null),
        ("Grid", options => options.Grid = new FieldGrid(GridAxis.Periodic(4, 1))),
        ("Horizon", options => options.Horizon = []),
        ("Horizon", options => options.Horizon = [0]),
        ("Horizon", options => options.Horizon = [2, 1]),
        ("Horizon", options => options.Horizon = [double.NaN]),
        ("Terms", options => options.LearnsClosure = false),
        ("Terms", options => options.Terms = [new PhysicalTerm(PhysicalTermKind.Diffusion, -1)]),
        ("Terms", options => options.Terms = [new PhysicalTerm(PhysicalTermKind.Advection, 1, 2)]),
        ("Terms", options => options.Terms = [new PhysicalTerm(PhysicalTermKind.Reaction), new PhysicalTerm(PhysicalTermKind.Reaction)]),
        ("ClosureDerivatives", options => options.ClosureDerivatives = 5),
        ("ClosureDerivatives", options => (options.ClosureDerivatives, options.Grid) = (3, new FieldGrid(GridAxis.Bounded(32, 1, BoundaryCondition.Neumann(), BoundaryCondition.Neumann())))),
        ("HiddenWidth", options => options.HiddenWidth = 0),
        ("RolloutLength", options => options.RolloutLength = 0),
        ("Derivatives", options => options.Derivatives = (FieldDerivatives)9),
        ("Solver", options => options.Solver = (FieldSolver)9),
        ("InputColumnName", options => options.InputColumnName = string.Empty),
        ("SeriesColumnName", options => options.SeriesColumnName = string.Empty),
        ("OutputColumnName", options => options.OutputColumnName = string.Empty));

    [TestMethod]
    [DynamicData(nameof(Settings))]
    public void A_setting_that_is_out_of_range_is_named(string setting, Action<FieldOptions> change)
    {
        FieldOptions options = Options();
        change(options);
        Assert.AreEqual(setting, Assert.ThrowsExactly<ArgumentException>(() => new MLContext().Forecasting.ForecastField(options)).ParamName);
    }

    [TestMethod]
    public void Columns_that_are_missing_or_hold_something_else_are_named()
    {
        StringAssert.Contains(Message(options => options.InputColumnName = "Else"), "Else", StringComparison.Ordinal);
        StringAssert.Contains(Message(options => options.InputColumnName = nameof(FieldRow.Time)), nameof(FieldRow.Time), StringComparison.Ordinal);
        StringAssert.Contains(Message(options => options.TimeColumnName = nameof(FieldRow.Run)), nameof(FieldRow.Run), StringComparison.Ordinal);
        StringAssert.Contains(Message(options => options.SeriesColumnName = "Else"), "Else", StringComparison.Ordinal);
        StringAssert.Contains(Message(options => options.Grid = new FieldGrid(GridAxis.Periodic(16, 1))), "InputColumnName names column 'Field', which holds 32 values, and Grid has 16 points", StringComparison.Ordinal);
        StringAssert.Contains(Message(options => options.Horizon = [1e6]), "Horizon reaches", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Data_without_two_fields_of_a_series_is_refused()
    {
        StringAssert.Contains(Refusal([]), "There is nothing to learn from", StringComparison.Ordinal);
        StringAssert.Contains(Refusal([Row("a", 0), Row("b", 1)]), "no series has two rows", StringComparison.Ordinal);
        StringAssert.Contains(Refusal([Row("a", 0), Row("a", 0)]), "no series has two rows", StringComparison.Ordinal);
        StringAssert.Contains(Refusal([Row("a", 0), Row("a", 1, float.PositiveInfinity)]), "no series has two rows", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Fields_that_do_not_change_stay_as_they_are_with_a_warning()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(message.RawMessage);
            }
        };
        FieldRow[] rows = [.. Enumerable.Range(0, 4).Select(i => Row("a", i, 273))];
        using FieldTransformer model = ml.Forecasting.ForecastField(Options()).Fit(ml.Data.LoadFromEnumerable(rows));
        Assert.IsTrue(Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(rows)), "Forecast")[0].All(value => Math.Abs(value - 273) < 0.01));
        StringAssert.Contains(warnings.Single(), "Every field in column 'Field' is the same at all points and does not change", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_model_goes_on_only_from_one_of_the_same_field()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 4).Select(i => Row("a", i, i)).ToArray());
        using FieldTransformer model = ml.Forecasting.ForecastField(Options()).Fit(data);
        FieldOptions options = Options();
        options.Grid = new FieldGrid(GridAxis.Periodic(32, 2));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Forecasting.ForecastField(options).Fit(data, model.Model)).Message, "initial model", StringComparison.Ordinal);
    }

    private static FieldOptions Options() => new() { Grid = Simulation.Grid, Horizon = [1], SeriesColumnName = nameof(FieldRow.Run), Training = { MaximumEpochs = 1, Seed = 1 } };

    private static FieldRow Row(string run, double time, float value = 1) => new() { Run = run, Time = time, Field = [.. Enumerable.Repeat(value, Simulation.Points)] };

    private static string Message(Action<FieldOptions> change)
    {
        FieldOptions options = Options();
        change(options);
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([Row("a", 0), Row("a", 1)]);
        return Assert.Throws<ArgumentException>(() => ml.Forecasting.ForecastField(options).Fit(data)).Message;
    }

    private static string Refusal(FieldRow[] rows)
    {
        var ml = new MLContext(seed: 1);
        return Assert.ThrowsExactly<InvalidOperationException>(() => ml.Forecasting.ForecastField(Options()).Fit(ml.Data.LoadFromEnumerable(rows))).Message;
    }

    private static IEnumerable<object[]> Cases(params (string Setting, Action<FieldOptions> Change)[] cases) => cases.Select(c => new object[] { c.Setting, c.Change });
}
