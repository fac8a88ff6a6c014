using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

/// <summary>Whatever is wrong with settings or data is named.</summary>
[TestClass]
public sealed class BadInputTests
{
    private static readonly (string Setting, Action<MechanicsOptions> Spoil)[] Spoilt =
    [
        ("EstimatesStates", o => o.VelocityColumnNames = []),
        ("EnergyHistoryColumnName", o => (o.VelocityColumnNames, o.EstimatesStates) = ([], true)),
        ("Form", o => (o.VelocityColumnNames, o.EstimatesStates, o.EnergyHistoryColumnName, o.Form) = ([], true, null, MechanicsForm.Hamiltonian)),
        ("ConfidenceLevel", o => o.ConfidenceLevel = 1),
        ("ConfidenceUpperBoundColumn", o => o.ConfidenceUpperBoundColumn = o.ConfidenceLowerBoundColumn = "Bound"),
        ("VelocityColumnNames", o => o.MomentumColumnNames = ["Torque"]),
        ("VelocityColumnNames", o => o.VelocityColumnNames = ["Velocity", "Torque"]),
        ("VelocityColumnNames", o => o.VelocityColumnNames = ["Position"]),
        ("PositionColumnNames", o => o.PositionColumnNames = []),
        ("AngleColumnNames", o => o.AngleColumnNames = ["Velocity"]),
        ("ControlTimeColumnName", o => o.ControlTimeColumnName = "Time"),
        ("Horizon", o => o.Horizon = [1]),
        ("Horizon", o => (o.Horizon, o.ForecastTimeColumnName) = ([-1], null)),
        ("Form", o => o.Form = MechanicsForm.Hamiltonian),
        ("Form", o => o.Form = (MechanicsForm)9),
        ("CoordinatesPerBody", o => o.CoordinatesPerBody = 1),
        ("CoordinatesPerBody", o => o.CoordinatesPerBody = 0),
        ("HiddenWidth", o => o.HiddenWidth = 0),
        ("HiddenLayers", o => o.HiddenLayers = 0),
        ("WindowLength", o => o.WindowLength = 1),
        ("EnergyColumnName", o => o.EnergyColumnName = "Forecast"),
        ("MaximumEpochs", o => o.Training.MaximumEpochs = 0),
    ];

    public static IEnumerable<object[]> Faults => Spoilt.Select(fault => new object[] { fault.Setting, fault.Spoil });

    [TestMethod]
    [DynamicData(nameof(Faults))]
    public void A_setting_out_of_range_is_named(string setting, Action<MechanicsOptions> spoil)
    {
        MechanicsOptions options = MechanicsForecasterTests.Options();
        spoil(options);
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => new MLContext().Forecasting.ForecastByMechanics(options)).Message, setting, StringComparison.Ordinal);
    }

    [TestMethod]
    public void Columns_that_are_missing_or_of_another_type_are_named()
    {
        Swing[] rows = Swing.Springs(2, 4, seed: 1);
        Assert.Contains("'Absent'", Message(o => o.PositionColumnNames = ["Absent"]));
        Assert.Contains("'Words'", Message(o => o.VelocityColumnNames = ["Words"]));
        Assert.Contains("'Words'", Message(o => o.ControlColumnNames = ["Words"]));
        Assert.Contains("'Position'", Message(o => o.ExampleWeightColumnName = "Position"));

        string Message(Action<MechanicsOptions> change)
        {
            MechanicsOptions options = MechanicsForecasterTests.Options();
            change(options);
            return Assert.Throws<ArgumentException>(() => MechanicsForecasterTests.Fit(options, rows)).Message;
        }
    }

    [TestMethod]
    public void Data_without_anything_to_learn_from_is_refused()
    {
        MechanicsOptions options = MechanicsForecasterTests.Options();
        Assert.ThrowsExactly<InvalidOperationException>(() => MechanicsForecasterTests.Fit(options, []));
        Assert.ThrowsExactly<InvalidOperationException>(() => MechanicsForecasterTests.Fit(options, [new Swing()]));
        Swing[] single = [Swing.Springs(1, 4, seed: 1)[0].First(1)];
        Assert.Contains("two observations", Assert.ThrowsExactly<InvalidOperationException>(() => MechanicsForecasterTests.Fit(options, single)).Message);
        Swing[] unobserved = Swing.Springs(2, 4, seed: 1);
        Array.ForEach(unobserved, row => row.Velocity = [float.NaN, float.NaN, float.PositiveInfinity, float.NaN]);
        Assert.Contains("'Velocity'", Assert.ThrowsExactly<InvalidOperationException>(() => MechanicsForecasterTests.Fit(options, unobserved)).Message);
        Swing[] uneven = Swing.Springs(2, 4, seed: 1);
        uneven[1].Velocity = [1];
        Assert.Contains("'Velocity'", Assert.ThrowsExactly<InvalidOperationException>(() => MechanicsForecasterTests.Fit(options, uneven)).Message);
    }

    [TestMethod]
    public void Times_to_forecast_at_that_are_not_finite_or_out_of_reach_name_the_row()
    {
        MechanicsOptions options = MechanicsForecasterTests.Options();
        options.Training.MaximumEpochs = 1;
        Swing[] rows = Swing.Springs(2, 6, seed: 1);
        using MechanicsTransformer model = MechanicsForecasterTests.Fit(options, rows);
        foreach (double time in (double[])[double.NaN, 1e9])
        {
            rows[1].Ahead = [time];
            IDataView scored = model.Transform(new MLContext().Data.LoadFromEnumerable(rows));
            Assert.Contains("Row 1", Assert.ThrowsExactly<ArgumentException>(() => Scored.Vectors(scored, "Forecast")).Message);
        }
    }

    [TestMethod]
    public void Bounds_need_series_that_go_on()
    {
        MechanicsOptions options = MechanicsForecasterTests.Options();
        options.ConfidenceUpperBoundColumn = "Upper";
        options.Training.MaximumEpochs = 1;
        Assert.Contains("ConfidenceLowerBoundColumn", Assert.ThrowsExactly<InvalidOperationException>(() => MechanicsForecasterTests.Fit(options, Swing.Springs(3, 3, seed: 1))).Message);
    }

    [TestMethod]
    public void Cancelling_ends_training()
    {
        MechanicsOptions options = MechanicsForecasterTests.Options();
        options.Training.CancellationToken = new CancellationToken(canceled: true);
        Assert.Throws<OperationCanceledException>(() => MechanicsForecasterTests.Fit(options, Swing.Springs(2, 4, seed: 1)));
    }
}
