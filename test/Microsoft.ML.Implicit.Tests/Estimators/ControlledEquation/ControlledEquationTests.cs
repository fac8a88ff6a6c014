using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.ControlledEquation;

/// <summary>Labels of whole series.</summary>
[TestClass]
public sealed class ControlledEquationTests
{
    private static readonly MLContext Ml = new(seed: 1);

    public static IEnumerable<object[]> Readings =>
    [
        [SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0],
        [SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.Hermite, 0],
        [SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.NaturalCubic, 0],
        [SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.Linear, 0],
        [SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.Rectilinear, 0],
        [SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.Linear, 3],
    ];

    [TestMethod]
    [DataRow(SeriesReadingKind.LinearRecurrence)]
    [DataRow(SeriesReadingKind.ControlledDifferentialEquation)]
    public void Courses_of_irregular_series_are_told_apart(SeriesReadingKind reading)
    {
        IDataView train = Keyed(SeriesRow.Create(240)), test = Keyed(SeriesRow.Create(120, seed: 2));
        ControlledEquationOptions options = Options(reading, SeriesPathKind.Hermite, 0);
        options.LabelColumnName = "Label";
        (options.Training.MaximumEpochs, options.Training.BatchSize) = (20, 40);
        using ControlledEquationTransformer model = Ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(train);
        MulticlassClassificationMetrics metrics = Ml.MulticlassClassification.Evaluate(model.Transform(test));
        Assert.IsGreaterThan(0.8, metrics.MicroAccuracy, $"log loss {metrics.LogLoss}");
    }

    [TestMethod]
    [DynamicData(nameof(Readings))]
    public void Units_of_times_and_values_and_the_order_of_observations_change_nothing(SeriesReadingKind reading, SeriesPathKind path, int windows)
    {
        List<SeriesRow> rows = SeriesRow.Create(40);
        float[] expected = Scores(rows);
        AssertClose(expected, Scores([.. rows.Select(row =>
        {
            SeriesRow other = row.Clone();
            other.Time = [.. row.Time.Select(time => 86400 * (time + 1000))];
            other.DoseTime = [.. row.DoseTime.Select(time => 86400 * (time + 1000))];
            other.Level = [.. row.Level.Select(value => 1e6f * value)];
            other.Age = row.Age / 100;
            return other;
        })]), 2e-3);
        AssertClose(expected, Scores([.. rows.Select(row =>
        {
            SeriesRow other = row.Clone();
            (other.Time, other.Level, other.Noise) = ([.. row.Time.Reverse()], [.. row.Level.Reverse()], [.. row.Noise.Reverse()]);
            return other;
        })]), 0);

        float[] Scores(List<SeriesRow> of)
        {
            IDataView data = Ml.Data.LoadFromEnumerable(of);
            using ControlledEquationTransformer model = Ml.Regression.Trainers.NeuralControlledDifferentialEquation(Rich(Options(reading, path, windows))).Fit(data);
            return Scored.Values(model.Transform(data));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Readings))]
    public void Rows_score_alike_alone_and_among_longer_ones(SeriesReadingKind reading, SeriesPathKind path, int windows)
    {
        List<SeriesRow> rows = SeriesRow.Create(40);
        rows[3].Time = [1];
        (rows[3].Level, rows[3].Noise, rows[3].DoseTime, rows[3].Dose, rows[3].Ward) = ([2], [1], [], [], []);
        using ControlledEquationTransformer model = Ml.Regression.Trainers.NeuralControlledDifferentialEquation(Rich(Options(reading, path, windows))).Fit(Ml.Data.LoadFromEnumerable(rows));
        SeriesRow longer = SeriesRow.Create(1)[0];
        longer.Time = [.. Enumerable.Range(0, 60).Select(i => (double)i)];
        (longer.Level, longer.Noise) = ([.. longer.Time.Select(time => (float)time)], new float[60]);
        float[] together = Scored.Values(model.Transform(Ml.Data.LoadFromEnumerable(rows.Append(longer))));
        for (int i = 0; i < 6; i++)
        {
            Assert.AreEqual(together[i], Scored.Values(model.Transform(Ml.Data.LoadFromEnumerable([rows[i]])))[0], 1e-4);
        }
    }

    [TestMethod]
    public void Channels_with_times_of_their_own_and_statics_are_read()
    {
        List<SeriesRow> rows = SeriesRow.Create(150);
        foreach (SeriesRow row in rows)
        {
            row.Slope = (2 * row.Dose[1]) + (row.Ward[1] == "b" ? 1 : 0) + (row.Place == "here" ? 1 : 0) + row.Age;
        }

        IDataView train = Ml.Data.LoadFromEnumerable(rows[..110]), test = Ml.Data.LoadFromEnumerable(rows[110..]);
        ControlledEquationOptions options = Rich(Options(SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0));
        (options.Training.MaximumEpochs, options.Training.BatchSize) = (40, 22);
        using ControlledEquationTransformer model = Ml.Regression.Trainers.NeuralControlledDifferentialEquation(options).Fit(train);
        Assert.IsGreaterThan(0.8, Ml.Regression.Evaluate(model.Transform(test), nameof(SeriesRow.Slope)).RSquared);
    }

    [TestMethod]
    public void A_row_without_observations_has_no_score_and_leaves_the_others_alone()
    {
        List<SeriesRow> rows = SeriesRow.Create(30);
        IDataView data = Keyed(rows);
        ControlledEquationOptions options = Options(SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0);
        options.LabelColumnName = "Label";
        using ControlledEquationTransformer model = Ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(data);
        float[][] expected = Scored.Vectors(model.Transform(data));
        rows[4].Level = [.. rows[4].Level.Select(_ => float.NaN)];
        rows[4].Noise = rows[4].Level;
        IDataView scored = model.Transform(Keyed(rows));
        float[][] actual = Scored.Vectors(scored);
        Assert.IsTrue(actual[4].All(float.IsNaN));
        Assert.AreEqual(0u, scored.GetColumn<uint>("PredictedLabel").ElementAt(4));
        CollectionAssert.AreEqual(expected[5], actual[5]);
    }

    [TestMethod]
    public void Features_are_the_hidden_states_of_the_same_model_and_serve_another_trainer()
    {
        IDataView data = Ml.Data.LoadFromEnumerable(SeriesRow.Create(120));
        ControlledEquationOptions options = Options(SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.Hermite, 0);
        (options.LabelColumnName, options.Training.MaximumEpochs) = (nameof(SeriesRow.Rises), 8);
        using SeriesFeatureTransformer features = Ml.Transforms.NeuralControlledDifferentialEquation(options).Fit(data);
        using ControlledEquationTransformer trainer = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(data);
        using SeriesFeatureTransformer copied = trainer.CreateFeatureTransformer();
        float[][] vectors = Scored.Vectors(features.Transform(data), "Features");
        Assert.HasCount(features.Model.FeatureCount, vectors[0]);
        CollectionAssert.AreEqual(vectors.SelectMany(row => row).ToArray(), Scored.Vectors(copied.Transform(data), "Features").SelectMany(row => row).ToArray());
        IDataView transformed = features.Transform(data);
        ITransformer second = Ml.BinaryClassification.Trainers.LbfgsLogisticRegression(nameof(SeriesRow.Rises)).Fit(transformed);
        Assert.IsGreaterThan(0.9, Ml.BinaryClassification.Evaluate(second.Transform(transformed), nameof(SeriesRow.Rises)).AreaUnderRocCurve);
    }

    [TestMethod]
    public void Where_no_reading_is_named_the_recurrence_is_kept_unless_held_out_series_say_otherwise()
    {
        ControlledEquationOptions options = Options(SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0);
        (options.Reading, options.EnsembleSize, options.Training.MaximumEpochs, options.Training.LearningRate) = (null, 2, 1, 1e-9);
        IDataView data = Ml.Data.LoadFromEnumerable(SeriesRow.Create(40)), other = Ml.Data.LoadFromEnumerable(SeriesRow.Create(20, seed: 2));
        int epochs = 0;
        options.Training.Progress = new Counter(() => epochs++);
        using ControlledEquationTransformer compared = Ml.Regression.Trainers.NeuralControlledDifferentialEquation(options).Fit(data, other);
        Assert.AreEqual(SeriesReadingKind.LinearRecurrence, compared.Model.Reading, "neither has learned anything");
        Assert.AreEqual(3, epochs, "a network of each reading, and a second one of the better");
        Assert.AreEqual(2, compared.Model.EnsembleSize);
        Assert.HasCount(2, compared.Model.Training!.Networks);
        using ControlledEquationTransformer alone = Ml.Regression.Trainers.NeuralControlledDifferentialEquation(options).Fit(data);
        Assert.AreEqual(SeriesReadingKind.LinearRecurrence, alone.Model.Reading);
        Assert.AreEqual(5, epochs, "nothing is held out to compare by");
    }

    [TestMethod]
    public void Probabilities_are_as_sure_as_held_out_series_allow()
    {
        // Labels that are right four times of five: a network that is fitted to the end is surer than that.
        var random = new Random(3);
        List<SeriesRow> rows = SeriesRow.Create(300);
        rows.ForEach(row => row.Rises ^= random.NextDouble() < 0.2);
        ControlledEquationOptions options = Options(SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0);
        (options.LabelColumnName, options.Dropout, options.Training.MaximumEpochs, options.Training.WeightDecay) = (nameof(SeriesRow.Rises), 0, 15, 0);
        options.Training.EarlyStoppingPatience = 15;
        IDataView train = Ml.Data.LoadFromEnumerable(rows[..60]), heldOut = Ml.Data.LoadFromEnumerable(rows[60..180]), test = Ml.Data.LoadFromEnumerable(rows[180..]);
        using ControlledEquationTransformer model = Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(train, heldOut);
        double factor = ConfidenceFactor.Find(120, f => Loss(heldOut, f));
        Assert.AreEqual(1, factor, 0.05, "scores of the held-out series need no factor any more");
        Assert.IsLessThan(Math.Log(2), Loss(test, 1));

        double Loss(IDataView data, double scale)
        {
            IDataView scored = model.Transform(data);
            bool[] labels = [.. scored.GetColumn<bool>(nameof(SeriesRow.Rises))];
            return Scored.Values(scored).Zip(labels).Average(row => Math.Log(1 + Math.Exp((row.Second ? -1 : 1) * scale * row.First)));
        }
    }

    [TestMethod]
    public void Long_series_are_read_in_windows_where_nothing_else_is_said()
    {
        List<SeriesRow> rows = SeriesRow.Create(20);
        rows[0].Time = [.. Enumerable.Range(0, 200).Select(i => i / 20.0)];
        (rows[0].Level, rows[0].Noise) = ([.. rows[0].Time.Select(time => (float)time)], new float[200]);
        ControlledEquationOptions options = Options(SeriesReadingKind.ControlledDifferentialEquation, SeriesPathKind.NaturalCubic, 0);
        (options.MaximumStepsPerPiece, options.Training.MaximumEpochs, options.Training.BatchSize) = (1, 1, 20);
        using ControlledEquationTransformer model = Ml.Regression.Trainers.NeuralControlledDifferentialEquation(options).Fit(Ml.Data.LoadFromEnumerable(rows));
        Assert.AreEqual(64, model.Model.Training!.ChosenSettings["Windows"]);
        Assert.AreEqual(2, model.Model.Training.ChosenSettings["SignatureDepth"]);
        Assert.AreEqual(128, model.Model.Training.Networks[0].Epochs[0].SolverIterations, "two evaluations a window");
    }

    [TestMethod]
    public void What_cannot_be_learned_from_is_refused_by_name()
    {
        List<SeriesRow> rows = SeriesRow.Create(20);
        ControlledEquationOptions options = Options(SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0);
        rows[5].Slope = float.PositiveInfinity;
        StringAssert.Contains(Refused<InvalidOperationException>(), "Column 'Slope', row 5", StringComparison.Ordinal);
        rows.ForEach(row => row.Slope = float.NaN);
        StringAssert.Contains(Refused<InvalidOperationException>(), "a label in column 'Slope'", StringComparison.Ordinal);
        rows.ForEach(row => row.Slope = 1);
        rows.ForEach(row => row.Noise = [.. row.Noise.Select(_ => float.NaN)]);
        StringAssert.Contains(Refused<InvalidOperationException>(), "Column 'Noise' holds no observed value", StringComparison.Ordinal);
        rows = SeriesRow.Create(20);
        options.InputColumnNames = ["Missing"];
        StringAssert.Contains(Refused<ArgumentException>(), "'Missing'", StringComparison.Ordinal);
        options.InputColumnNames = [nameof(SeriesRow.Age)];
        StringAssert.Contains(Refused<ArgumentException>(), "a vector of Single", StringComparison.Ordinal);
        options = Options(SeriesReadingKind.LinearRecurrence, SeriesPathKind.Hermite, 0);
        options.LabelColumnName = nameof(SeriesRow.Rises);
        rows.ForEach(row => row.Rises = true);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(options).Fit(Ml.Data.LoadFromEnumerable(rows))).Message,
            "nothing to tell apart",
            StringComparison.Ordinal);

        string Refused<TException>()
            where TException : Exception =>
            Assert.Throws<TException>(() => Ml.Regression.Trainers.NeuralControlledDifferentialEquation(options).Fit(Ml.Data.LoadFromEnumerable(rows))).Message;
    }

    public static IEnumerable<object[]> Impossible => new (string Setting, Action<ControlledEquationOptions> Change)[]
    {
        ("InputColumnNames", options => options.InputColumnNames = []),
        ("InputColumnNames", options => options.InputColumnNames = ["a", "a"]),
        ("Reading", options => options.Reading = (SeriesReadingKind)9),
        ("Path", options => options.Path = (SeriesPathKind)9),
        ("Windows", options => options.Windows = 0),
        ("SignatureDepth", options => options.SignatureDepth = 3),
        ("MaximumStepsPerPiece", options => options.MaximumStepsPerPiece = 0),
        ("StateWidth", options => options.StateWidth = 0),
        ("HiddenWidth", options => options.HiddenWidth = 1),
        ("Layers", options => options.Layers = 0),
        ("RotationBlocks", options => options.RotationBlocks = -1),
        ("Dropout", options => options.Dropout = 1),
        ("EnsembleSize", options => options.EnsembleSize = 0),
        ("LearningRate", options => options.Training.LearningRate = -1),
    }.Select(c => new object[] { c.Setting, c.Change });

    [TestMethod]
    [DynamicData(nameof(Impossible))]
    public void Impossible_settings_are_refused_by_their_names(string setting, Action<ControlledEquationOptions> change)
    {
        var options = new ControlledEquationOptions();
        change(options);
        Assert.AreEqual(setting, Assert.ThrowsExactly<ArgumentException>(() => Ml.Regression.Trainers.NeuralControlledDifferentialEquation(options)).ParamName);
    }

    private static ControlledEquationOptions Options(SeriesReadingKind reading, SeriesPathKind path, int windows) => new()
    {
        LabelColumnName = nameof(SeriesRow.Slope),
        InputColumnNames = [nameof(SeriesRow.Level), nameof(SeriesRow.Noise)],
        Reading = reading,
        Path = path,
        Windows = windows == 0 ? null : windows,
        StateWidth = 16,
        HiddenWidth = 16,
        EnsembleSize = 1,
        Training = new TrainingOptions { MaximumEpochs = 2, Seed = 1, LearningRate = 0.01, BatchSize = 20, ValidationFraction = 0 },
    };

    private static ControlledEquationOptions Rich(ControlledEquationOptions options)
    {
        options.CovariateTimeColumnName = nameof(SeriesRow.DoseTime);
        options.CovariateColumnNames = [nameof(SeriesRow.Dose), nameof(SeriesRow.Ward)];
        options.StaticColumnNames = [nameof(SeriesRow.Age), nameof(SeriesRow.Place)];
        return options;
    }

    private sealed class Counter(Action count) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => count();
    }

    private static IDataView Keyed(List<SeriesRow> rows)
    {
        IDataView data = Ml.Data.LoadFromEnumerable(rows);
        return Ml.Transforms.Conversion.MapValueToKey("Label", nameof(SeriesRow.Course), keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(data).Transform(data);
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float left, float right) in expected.Zip(actual))
        {
            Assert.AreEqual(left, right, tolerance * (1 + Math.Abs(left)));
        }
    }
}
