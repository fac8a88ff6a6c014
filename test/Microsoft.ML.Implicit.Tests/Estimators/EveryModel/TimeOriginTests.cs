using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>What is learned from series does not depend on the unit of their times, nor on where these are counted from, such as seconds since 1970.</summary>
[TestClass]
public sealed class TimeOriginTests
{
    private const double SecondsSince1970 = 1.7e9;
    private const double Unit = 4096;

    // Of each kind what trains it on times of a unit, and the column that it writes.
    private static readonly Dictionary<string, (Func<MLContext, double, IEstimator<ITransformer>> Create, string Output)> Estimators = new()
    {
        ["latent ODE"] = ((ml, unit) => ml.Forecasting.ForecastByLatentOde(LatentOde(unit)), "Forecast"),
        ["latent ODE, upper bound"] = ((ml, unit) => ml.Forecasting.ForecastByLatentOde(LatentOde(unit)), "Upper"),
        ["latent SDE"] = ((ml, unit) => ml.Forecasting.ForecastByLatentSde(LatentSde(unit)), "Forecast"),
        ["labels by recurrence"] = ((ml, unit) => ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(Labels(nameof(StampedRow.Class), SeriesReadingKind.LinearRecurrence)), "Score"),
        ["labels by a controlled equation"] = ((ml, unit) => ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(
            Labels(nameof(StampedRow.Class), SeriesReadingKind.ControlledDifferentialEquation)), "Score"),
        ["features of series"] = ((ml, unit) => ml.Transforms.NeuralControlledDifferentialEquation(
            Labels(nameof(StampedRow.Label), SeriesReadingKind.ControlledDifferentialEquation), "Course"), "Course"),
        ["mechanics"] = ((ml, unit) => ml.Forecasting.ForecastByMechanics(Mechanics(unit)), "Forecast"),
        ["field"] = ((ml, unit) => ml.Forecasting.ForecastField(Field(unit)), "Forecast"),
    };

    public static IEnumerable<string> Kinds => Estimators.Keys;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Seconds_since_1970_give_what_small_times_give(string kind)
    {
        float[][] expected = Outputs(kind, origin: 0, unit: 1), actual = Outputs(kind, SecondsSince1970, Unit);
        Assert.HasCount(expected.Length, actual);
        Assert.IsTrue(expected.SelectMany(row => row).Distinct().Skip(1).Any());
        for (int row = 0; row < expected.Length; row++)
        {
            for (int i = 0; i < expected[row].Length; i++)
            {
                Assert.AreEqual(expected[row][i], actual[row][i], 1e-3 * (1 + Math.Abs(expected[row][i])), $"row {row}, number {i}");
            }
        }
    }

    [TestMethod]
    [DataRow(0f, false)]
    [DataRow(1.7e9f, true)]
    public void Times_of_Single_that_fall_together_so_far_from_zero_are_warned_of(float origin, bool isWarned)
    {
        var ml = new MLContext(seed: 1);
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new SingleReading { Time = origin + (60 * i), Level = i }));
        IDataView series = ml.Transforms.GroupIntoSeries(null, nameof(SingleReading.Time), [nameof(SingleReading.Level)]).Fit(rows).Transform(rows);
        Assert.HasCount(1, Scored.Vectors(series, nameof(SingleReading.Level)));
        Assert.AreEqual(isWarned, messages.Any(message => message.Contains("Double", StringComparison.Ordinal)), string.Join(Environment.NewLine, messages));
    }

    private static float[][] Outputs(string kind, double origin, double unit)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(StampedRow.Create(origin, unit));
        (Func<MLContext, double, IEstimator<ITransformer>> create, string output) = Estimators[kind];
        float[][] outputs = Scored.Vectors(create(ml, unit).Fit(data).Transform(data), output);

        // Of mechanics the second half are velocities.
        return kind == "mechanics" ? [.. outputs.Select(row => (float[])[row[0], row[1] * (float)unit])] : outputs;
    }

    private static TrainingOptions Quickly() => new() { MaximumEpochs = 2, BatchSize = 16, Seed = 1 };

    private static LatentOdeOptions LatentOde(double unit) => new()
    {
        InputColumnNames = [nameof(StampedRow.Level)],
        CovariateTimeColumnName = nameof(StampedRow.KnownTime),
        CovariateColumnNames = [nameof(StampedRow.Known)],
        Horizon = [unit, 2 * unit],
        ConfidenceUpperBoundColumn = "Upper",
        LatentWidth = 3,
        HiddenWidth = 6,
        SolverSteps = 4,
        EnsembleSize = 1,
        Training = Quickly(),
    };

    private static LatentSdeOptions LatentSde(double unit) => new()
    {
        InputColumnNames = [nameof(StampedRow.Level)],
        Horizon = [unit, 2 * unit],
        LatentWidth = 3,
        HiddenWidth = 6,
        SolverSteps = 4,
        PathCount = 8,
        EnsembleSize = 1,
        Training = Quickly(),
    };

    private static ControlledEquationOptions Labels(string label, SeriesReadingKind reading) => new()
    {
        LabelColumnName = label,
        InputColumnNames = [nameof(StampedRow.Level)],
        CovariateTimeColumnName = nameof(StampedRow.KnownTime),
        CovariateColumnNames = [nameof(StampedRow.Known)],
        Reading = reading,
        StateWidth = 4,
        HiddenWidth = 6,
        EnsembleSize = 1,
        Training = Quickly(),
    };

    private static MechanicsOptions Mechanics(double unit) => new()
    {
        PositionColumnNames = [nameof(StampedRow.Level)],
        VelocityColumnNames = [nameof(StampedRow.Velocity)],
        ControlTimeColumnName = nameof(StampedRow.KnownTime),
        ControlColumnNames = [nameof(StampedRow.Known)],
        Horizon = [unit],
        EnergyColumnName = null,
        HiddenWidth = 4,
        Training = Quickly(),
    };

    private static FieldOptions Field(double unit) => new()
    {
        InputColumnName = nameof(StampedRow.Field),
        TimeColumnName = nameof(StampedRow.Stamp),
        SeriesColumnName = nameof(StampedRow.Run),
        Grid = new FieldGrid(GridAxis.Periodic(8, 1)),
        Horizon = [unit / 2],
        HiddenWidth = 4,
        RolloutLength = 2,
        Training = Quickly(),
    };

    private sealed class SingleReading
    {
        public float Time { get; set; }

        public float Level { get; set; }
    }
}
