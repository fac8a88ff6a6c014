using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>What ML.NET makes of binary models: models of several classes, and other thresholds.</summary>
[TestClass]
public class BinaryCompositionTests
{
    public static IEnumerable<object[]> Compositions => [["one versus all"], ["one versus all by log-odds"], ["pairwise coupling"]];

    [TestMethod]
    [DynamicData(nameof(Compositions))]
    public void Several_classes_are_told_apart_by_binary_models_saved_loaded_and_predicted_row_by_row(string composition)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        ITransformer model = Compose(ml, composition, QuickOptions.Create(epochs: 40)).Fit(data);
        IDataView scored = model.Transform(data);
        Assert.IsGreaterThan(0.85, ml.MulticlassClassification.Evaluate(scored).MicroAccuracy);

        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        var other = new MLContext();
        ITransformer loaded = other.Model.Load(file, out _);
        float[][] expected = Scored.Vectors(scored), actual = Scored.Vectors(loaded.Transform(data));
        Assert.HasCount(150, actual);
        Assert.AreSequenceEqual(expected.SelectMany(row => row).ToArray(), actual.SelectMany(row => row).ToArray());
        Flower[] rows = [.. ml.Data.CreateEnumerable<Flower>(data, reuseRowObject: false, ignoreMissingColumns: true)];
        using PredictionEngine<Flower, Prediction> engine = other.Model.CreatePredictionEngine<Flower, Prediction>(loaded);
        Assert.AreSequenceEqual(expected[140], engine.Predict(rows[140]).Score);
    }

    [TestMethod]
    [DynamicData(nameof(Compositions))]
    public void Two_classes_and_a_class_without_rows_are_told_apart_as_others_are(string composition)
    {
        var ml = new MLContext(seed: 1);
        IDataView two = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Flower { Features = [i % 2, i % 3, i % 5, 1], Label = (uint)(i % 2) }));
        IDataView scored = Compose(ml, composition, QuickOptions.Create(epochs: 20)).Fit(two).Transform(two);
        Assert.AreSequenceEqual(two.GetColumn<uint>("Label").ToArray(), scored.GetColumn<uint>("PredictedLabel").ToArray());
        Assert.IsTrue(Scored.Vectors(scored).All(scores => scores[2] < scores.Max() && scores.All(float.IsFinite)));
        InvalidOperationException alone = Assert.ThrowsExactly<InvalidOperationException>(() => ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(
            ml.Data.LoadFromEnumerable([new Answer { Label = true }, new Answer { Label = true }])));
        StringAssert.Contains(alone.Message, "Every row has the same label", StringComparison.Ordinal);
    }

    [TestMethod]
    public void The_classes_of_one_versus_all_are_scored_by_what_binary_models_say_of_them()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        DeepEquilibriumBinaryTrainer trainer = ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 5));
        float[][] together = Scored.Vectors(ml.MulticlassClassification.Trainers.OneVersusAll(trainer).Fit(data).Transform(data));
        float[][] alone = [.. Enumerable.Range(1, 3).Select(OneClass)];
        for (int row = 0; row < together.Length; row++)
        {
            float sum = alone.Sum(scores => scores[row]);
            for (int k = 0; k < 3; k++)
            {
                Assert.AreEqual(alone[k][row] / sum, together[row][k], 1e-6);
            }
        }

        float[] OneClass(int key)
        {
            IDataView view = ml.Transforms.CustomMapping<Keyed, Marked>((input, output) => output.Label = input.Label == key, null).Fit(data).Transform(data);
            return Scored.Values(trainer.Fit(view).Transform(view), "Probability");
        }
    }

    [TestMethod]
    public void Neural_ODEs_are_composed_saved_and_given_another_threshold_as_well()
    {
        var ml = new MLContext(seed: 1);
        var options = new NeuralOdeOptions { StateWidth = 8, HiddenWidth = 16, EnsembleSize = 1, Training = { MaximumEpochs = 30, LearningRate = 0.03 } };
        IDataView flowers = RealData.Iris(ml);
        ITransformer model = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.NeuralOde(options)).Fit(flowers);
        IDataView scored = model.Transform(flowers);
        Assert.IsGreaterThan(0.9, ml.MulticlassClassification.Evaluate(scored).MicroAccuracy);
        Assert.AreSequenceEqual(Scored.Vectors(scored).SelectMany(row => row).ToArray(), Scored.Vectors(Loaded(model, flowers)).SelectMany(row => row).ToArray());

        IDataView tumours = RealData.BreastCancer(ml);
        options.Training.MaximumEpochs = 2;
        options.EvaluationColumnName = "Evaluations";
        using NeuralOdeTransformer binary = ml.BinaryClassification.Trainers.NeuralOde(options).Fit(tumours), strict = ml.BinaryClassification.ChangeModelThreshold(binary, 0.7f);
        foreach (IDataView moved in new[] { strict.Transform(tumours), Loaded(strict, tumours) })
        {
            Assert.AreSequenceEqual(Scored.Values(binary.Transform(tumours)), Scored.Values(moved));
            Assert.AreSequenceEqual(Scored.Values(moved).Select(score => score > 0.7f).ToArray(), [.. moved.GetColumn<bool>("PredictedLabel")]);
            Assert.IsTrue(moved.GetColumn<float>("Evaluations").All(count => count > 0));
        }

        IDataView Loaded(ITransformer transformer, IDataView data)
        {
            using var file = new MemoryStream();
            ml.Model.Save(transformer, data.Schema, file);
            file.Position = 0;
            return new MLContext().Model.Load(file, out _).Transform(data);
        }
    }

    [TestMethod]
    public void A_trainer_of_classes_is_no_part_of_one()
    {
        var ml = new MLContext(seed: 1);
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(
            () => ml.MulticlassClassification.Trainers.OneVersusAll(ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1))));
        StringAssert.Contains(exception.Message, "Boolean", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_binary_trainer_of_another_label_column_is_refused_by_both_names()
    {
        var ml = new MLContext(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 1);
        options.LabelColumnName = "IsSetosa";
        DeepEquilibriumBinaryTrainer trainer = ml.BinaryClassification.Trainers.DeepEquilibrium(options);
        foreach (Action compose in (Action[])[() => ml.MulticlassClassification.Trainers.OneVersusAll(trainer), () => ml.MulticlassClassification.Trainers.PairwiseCoupling(trainer)])
        {
            string message = Assert.ThrowsExactly<ArgumentException>(compose).Message;
            StringAssert.Contains(message, "'IsSetosa'", StringComparison.Ordinal);
            StringAssert.Contains(message, "'Label'", StringComparison.Ordinal);
        }

        ml.MulticlassClassification.Trainers.OneVersusAll(trainer, labelColumnName: "IsSetosa");
    }

    [TestMethod]
    public void A_feature_that_is_not_finite_has_no_score_and_leaves_the_other_rows_alone()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        ITransformer model = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)), useProbabilities: false).Fit(data);
        IDataView rows = ml.Data.LoadFromEnumerable([new Flower { Features = [1, float.NaN, 1, 1] }, new Flower { Features = [6, 3, 5, 2] }]);
        float[][] scores = Scored.Vectors(model.Transform(rows));
        Assert.IsTrue(scores[0].All(float.IsNaN));
        Assert.IsTrue(scores[1].All(float.IsFinite));
    }

    [TestMethod]
    public void Another_threshold_moves_the_answers_and_nothing_else_and_is_saved()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.BreastCancer(ml);
        DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 5)).Fit(data);
        float[] scores = Scored.Values(model.Transform(data));
        float threshold = scores.Order().ElementAt(scores.Length * 9 / 10);
        using DeepEquilibriumTransformer strict = ml.BinaryClassification.ChangeModelThreshold(model, threshold);
        Assert.AreSame(model.Model.Training, strict.Model.Training);
        bool[] before = Answers(model);
        model.Dispose();
        using var file = new MemoryStream();
        ml.Model.Save(strict, data.Schema, file);
        file.Position = 0;
        foreach (ITransformer moved in new[] { strict, ml.Model.Load(file, out _) })
        {
            Assert.AreSequenceEqual(scores, Scored.Values(moved.Transform(data)));
            Assert.AreSequenceEqual(scores.Select(score => score > threshold).ToArray(), Answers(moved));
        }

        Assert.AreSequenceEqual(scores.Select(score => score > 0).ToArray(), before);
        bool[] Answers(ITransformer transformer) => [.. transformer.Transform(data).GetColumn<bool>("PredictedLabel")];
    }

    [TestMethod]
    public void A_threshold_that_is_no_number_and_a_model_without_one_are_refused()
    {
        var ml = new MLContext(seed: 1);
        using DeepEquilibriumTransformer binary = ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(RealData.BreastCancer(ml));
        Assert.ThrowsExactly<ArgumentException>(() => ml.BinaryClassification.ChangeModelThreshold(binary, float.NaN));
        using DeepEquilibriumTransformer regression = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(RealData.Concrete(ml));
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => ml.BinaryClassification.ChangeModelThreshold(regression, 1));
        StringAssert.Contains(exception.Message, "binary", StringComparison.Ordinal);
        binary.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.BinaryClassification.ChangeModelThreshold(binary, 1));
    }

    private static IEstimator<ITransformer> Compose(MLContext ml, string composition, DeepEquilibriumOptions options)
    {
        DeepEquilibriumBinaryTrainer trainer = ml.BinaryClassification.Trainers.DeepEquilibrium(options);
        return composition == "pairwise coupling"
            ? ml.MulticlassClassification.Trainers.PairwiseCoupling(trainer)
            : ml.MulticlassClassification.Trainers.OneVersusAll(trainer, useProbabilities: composition == "one versus all");
    }

    private sealed class Flower
    {
        [VectorType(4)]
        public float[] Features { get; set; } = [];

        [KeyType(3)]
        public uint Label { get; set; }
    }

    private sealed class Answer
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [1];

        public bool Label { get; set; }
    }

    private sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class Keyed
    {
        [KeyType(3)]
        public uint Label { get; set; }
    }

    private sealed class Marked
    {
        public bool Label { get; set; }
    }
}
