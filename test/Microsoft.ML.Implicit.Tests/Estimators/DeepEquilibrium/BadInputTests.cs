using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Each mistake gives one clear exception that names the column, row or setting.</summary>
[TestClass]
public class BadInputTests
{
    [TestMethod]
    public void An_unknown_column_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        AssertThrows<ArgumentException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium("Label", "Fetures").Fit(data), "Fetures");
        AssertThrows<ArgumentException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium("Lable").Fit(data), "Lable");
        AssertThrows<ArgumentException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium(exampleWeightColumnName: "Weight").Fit(data), "Weight");
    }

    [TestMethod]
    public void A_column_of_the_wrong_type_is_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        AssertThrows<ArgumentException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium().Fit(data), "Label");
        AssertThrows<ArgumentException>(() => ml.BinaryClassification.Trainers.DeepEquilibrium().Fit(data), "Label");
        AssertThrows<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium("Label", "Label").Fit(data), "Label");
    }

    [TestMethod]
    public void Scoring_features_of_another_length_is_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView concrete = RealData.Concrete(ml);
        DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(concrete);
        AssertThrows<ArgumentException>(() => model.Transform(RealData.Iris(ml)), "Features");
    }

    [TestMethod]
    public void Empty_data_is_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView empty = ml.Data.FilterRowsByColumn(RealData.Concrete(ml), "Label", lowerBound: 1e9);
        AssertThrows<InvalidOperationException>(() => ml.Regression.Trainers.DeepEquilibrium().Fit(empty), "nothing to learn from");
    }

    [TestMethod]
    public void An_infinite_feature_is_named_by_slot_and_row()
    {
        var ml = new MLContext(seed: 1);
        foreach (float value in new[] { float.PositiveInfinity, float.NegativeInfinity })
        {
            Exception exception = AssertThrows<InvalidOperationException>(() => ml.Regression.Trainers.DeepEquilibrium().Fit(With(ml, value)), "row 13");
            StringAssert.Contains(exception.Message, "slot 1", StringComparison.Ordinal);
        }
    }

    [TestMethod]
    [DataRow(1f, 1f, null)]
    [DataRow(1f, 100f, "Are they in the same unit?")]
    [DataRow(1f, 0.01f, "Are they in the same unit?")]
    [DataRow(1000f, 1f, "slot 1 of column 'Features' differs a hundred times as much")]
    [DataRow(1e-3f, 1f, "slot 1 of column 'Features' differs a hundred times as much")]
    public void Rows_in_another_unit_than_those_that_a_model_was_trained_on_are_named(float feature, float label, string? expected)
    {
        var ml = new MLContext(seed: 1);
        List<string> messages = [];
        ml.Log += (_, log) => messages.Add(log.Message);
        var trainer = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1));
        using DeepEquilibriumTransformer initial = trainer.Fit(Rows(1, 1));
        messages.Clear();
        trainer.Fit(Rows(feature, label), initial.Model).Dispose();
        string all = string.Join('\n', messages);
        Assert.AreEqual(expected is not null, all.Contains("keeps its units", StringComparison.Ordinal), all);
        Assert.Contains(expected ?? string.Empty, all);

        IDataView Rows(float unit, float labelUnit) =>
            ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Tiny { Features = [i, (7 * i % 40) * unit], Label = (i + 3) * labelUnit }));
    }

    [TestMethod]
    public void A_feature_below_what_single_precision_tells_apart_is_named()
    {
        var ml = new MLContext(seed: 1);
        List<string> messages = [];
        ml.Log += (_, log) => messages.Add(log.Message);
        Tiny[] rows = [.. Enumerable.Range(0, 20).Select(i => new Tiny { Features = [i, i * 1e-41f], Label = i })];
        ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(ml.Data.LoadFromEnumerable(rows)).Dispose();
        Assert.IsTrue(messages.Any(message => message.Contains("'Features' differs by no more than 1.9E-40 in slot 1", StringComparison.Ordinal)), string.Join('\n', messages));
    }

    [TestMethod]
    public void A_missing_pixel_is_named_by_slot_and_row()
    {
        var ml = new MLContext(seed: 1);
        var options = new DeepEquilibriumOptions { Cell = EquilibriumCellKind.MultiscaleConvolutional, Image = new ImageShape(1, 1, 2) };
        Exception exception = AssertThrows<InvalidOperationException>(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(With(ml, float.NaN)), "row 13");
        StringAssert.Contains(exception.Message, "slot 1", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Labels_of_one_class_are_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView setosa = ml.Data.FilterRowsByKeyColumnFraction(RealData.Iris(ml), "Label", upperBound: 0.33);
        AssertThrows<InvalidOperationException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium().Fit(setosa), "same label");
        BooleanRow[] rows = [.. Enumerable.Range(0, 20).Select(i => new BooleanRow { Features = [i], Label = true })];
        AssertThrows<InvalidOperationException>(() => ml.BinaryClassification.Trainers.DeepEquilibrium().Fit(ml.Data.LoadFromEnumerable(rows)), "same label");
    }

    [TestMethod]
    public void Rows_without_a_label_are_left_out_and_reported()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, message) => warnings.Add(message.Message);
        Row[] rows = [.. Enumerable.Range(0, 40).Select(i => new Row { Features = [i % 2, 1], Label = i < 3 ? float.NaN : i % 2 })];
        ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(ml.Data.LoadFromEnumerable(rows));
        Assert.IsTrue(warnings.Any(message => message.Contains("3 rows have no label", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Constant_and_huge_features_do_no_harm()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. Enumerable.Range(0, 64).Select(i => new Row { Features = [42, i == 5 ? 1e30f : i], Label = i })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        float[] scores = Scored.Values(ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 3)).Fit(data).Transform(data));
        Assert.IsTrue(scores.All(float.IsFinite));
    }

    [TestMethod]
    public void Values_and_labels_at_the_end_of_their_range_are_learned_from()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. Enumerable.Range(0, 64).Select(i => new Row { Features = [(i - 32) * 1e37f, i % 2 == 0 ? -3.4e38f : 3.4e38f], Label = (i - 32) * 1e37f })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 60)).Fit(data);
        float[] scores = Scored.Values(model.Transform(data));
        Assert.IsGreaterThan(2e38f, scores[^1] - scores[0]);
    }

    [TestMethod]
    public void An_infinite_label_is_named_by_row()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. Enumerable.Range(0, 20).Select(i => new Row { Features = [i, 1], Label = i == 13 ? float.PositiveInfinity : i })];
        Exception exception = AssertThrows<InvalidOperationException>(() => ml.Regression.Trainers.DeepEquilibrium().Fit(ml.Data.LoadFromEnumerable(rows)), "row 13");
        StringAssert.Contains(exception.Message, "Label", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_key_type_of_too_many_classes_is_refused_before_it_is_read()
    {
        var ml = new MLContext(seed: 1);
        AssertRefused(new KeyDataViewType(typeof(uint), 2_000_000_000));
        AssertRefused(new KeyDataViewType(typeof(uint), 100_001));
        AssertRefused(new KeyDataViewType(typeof(uint), uint.MaxValue));

        void AssertRefused(KeyDataViewType type)
        {
            var definition = SchemaDefinition.Create(typeof(KeyRow));
            definition[nameof(KeyRow.Label)].ColumnType = type;
            IDataView data = ml.Data.LoadFromEnumerable(Unread(), definition);
            Exception exception = AssertThrows<InvalidOperationException>(() => ml.MulticlassClassification.Trainers.DeepEquilibrium().Fit(data), "100000");
            StringAssert.Contains(exception.Message, "Label", StringComparison.Ordinal);
        }

        static IEnumerable<KeyRow> Unread()
        {
            yield return Throw();
        }

        static KeyRow Throw() => throw new NotSupportedException("The rows were read.");
    }

    [TestMethod]
    public void A_fit_that_learned_nothing_says_so_and_one_that_did_does_not()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, message) => warnings.Add(message.Message);
        (IDataView iris, IDataView cancer, IDataView concrete) = (RealData.Iris(ml), RealData.BreastCancer(ml), RealData.Concrete(ml));
        foreach (double? rate in new double?[] { 1e-12, null })
        {
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 5);
            options.Training.LearningRate = rate;
            ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(iris);
            ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(cancer);
            ml.Regression.Trainers.DeepEquilibrium(options).Fit(concrete);
            options.Training.ValidationFraction = 0.3;
            ml.Regression.Trainers.DeepEquilibrium(options).Fit(concrete);
            Assert.AreEqual(4, warnings.Count(message => message.Contains("Nothing was learned", StringComparison.Ordinal)));
        }
    }

    [TestMethod]
    public void Settings_out_of_range_are_named()
    {
        var ml = new MLContext(seed: 1);
        void AssertNamed(Action<DeepEquilibriumOptions> change, string setting)
        {
            DeepEquilibriumOptions options = QuickOptions.Create();
            change(options);
            AssertThrows<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(options), setting);
        }

        AssertNamed(o => o.HiddenWidth = 0, "HiddenWidth");
        AssertNamed(o => o.Dropout = 1, "Dropout");
        AssertNamed(o => o.InputDropout = 1, "InputDropout");
        AssertNamed(o => o.EnsembleSize = 0, "EnsembleSize");
        AssertNamed(o => o.Tolerance = 0, "Tolerance");
        AssertNamed(o => o.MaximumIterations = 0, "MaximumIterations");
        AssertNamed(o => o.Cell = EquilibriumCellKind.MultiscaleConvolutional, "Image");
        AssertNamed(o => o.Training.LearningRate = -1, "LearningRate");
        AssertNamed(o => o.Training.ValidationFraction = 0.9, "ValidationFraction");
        AssertNamed(o => o.Training.MaximumEpochs = 0, "MaximumEpochs");
    }

    [TestMethod]
    public void An_image_that_does_not_fit_the_features_is_refused()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create();
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Image = new ImageShape(1, 3, 3);
        AssertThrows<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(RealData.Concrete(ml)), "1 x 3 x 3");
    }

    [TestMethod]
    public void An_unknown_or_absent_device_is_refused()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create();
        options.Training.Device = "tpu";
        AssertThrows<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(RealData.Concrete(ml)), "tpu");
    }

    [TestMethod]
    public void A_learning_rate_that_diverges_is_reported_as_such()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 200);
        options.Training.LearningRate = 1e30;
        options.Training.Schedule = Implicit.Training.LearningRateSchedule.Constant;
        AssertThrows<InvalidOperationException>(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(RealData.Concrete(ml)), "LearningRate");
    }

    [TestMethod]
    public void An_unsupported_version_of_ML_NET_is_named()
    {
        AssertThrows<NotSupportedException>(() => MLNetCompatibility.EnsureSupported(new Version(4, 0, 2)), "4.0.2");
        AssertThrows<NotSupportedException>(() => MLNetCompatibility.EnsureSupported(new Version(5, 1, 0)), "5.1.0");
        MLNetCompatibility.EnsureSupported();
    }

    private static IDataView With(MLContext ml, float value) =>
        ml.Data.LoadFromEnumerable(Enumerable.Range(0, 20).Select(i => new Row { Features = [i, i == 13 ? value : 1], Label = i }));

    private static TException AssertThrows<TException>(Action action, string fragment)
        where TException : Exception
    {
        TException exception = Assert.Throws<TException>(action);
        StringAssert.Contains(exception.Message, fragment, StringComparison.Ordinal);
        return exception;
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class KeyRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [KeyType(3)]
        public uint Label { get; set; }
    }

    private sealed class BooleanRow
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Tiny
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
