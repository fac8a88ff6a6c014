using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Feature vectors of thousands of slots, most of them zero in any one row, as text gives them.</summary>
[TestClass]
public class WideInputTests
{
    private const int Rows = 240;
    private const int WordsPerRow = 30;

    [TestMethod]
    [DataRow(900)]
    [DataRow(2_791)]
    [DataRow(8_319)]
    [DataRow(100_000)]
    public void Topics_are_told_apart_whatever_the_number_of_words(int width)
    {
        var ml = new MLContext(seed: 1);
        ITransformer model = Classifier(ml).Fit(Load(ml, width, seed: 1));
        Assert.IsGreaterThan(0.97, ml.MulticlassClassification.Evaluate(model.Transform(Load(ml, width, seed: 2))).MicroAccuracy);
    }

    [TestMethod]
    public void A_Boolean_and_a_number_are_learned_from_many_words()
    {
        const int width = 20_000;
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView test) = (Load(ml, width, seed: 1), Load(ml, width, seed: 2));
        DeepEquilibriumOptions binary = QuickOptions.Create(epochs: 30);
        binary.LabelColumnName = nameof(Document.IsFirst);
        ITransformer classifier = ml.BinaryClassification.Trainers.DeepEquilibrium(binary).Fit(train);
        Assert.IsGreaterThan(0.97, ml.BinaryClassification.Evaluate(classifier.Transform(test), nameof(Document.IsFirst)).AreaUnderRocCurve);

        DeepEquilibriumOptions regression = QuickOptions.Create(epochs: 30);
        regression.LabelColumnName = nameof(Document.Number);
        ITransformer regressor = ml.Regression.Trainers.DeepEquilibrium(regression).Fit(train);
        Assert.IsGreaterThan(0.8, ml.Regression.Evaluate(regressor.Transform(test), nameof(Document.Number)).RSquared);
    }

    [TestMethod]
    public void Many_features_without_zeros_are_learned_from()
    {
        const int width = 4_000;
        var ml = new MLContext(seed: 1);
        ITransformer model = Classifier(ml).Fit(LoadNoise(seed: 1));
        Assert.IsGreaterThan(0.97, ml.MulticlassClassification.Evaluate(model.Transform(LoadNoise(seed: 2))).MicroAccuracy);

        // A tenth of the features is higher in each class.
        IDataView LoadNoise(int seed)
        {
            var random = new Random(seed);
            return Load(ml, width, [.. Enumerable.Range(0, 90).Select(i => Document.Create(i % 3, new VBuffer<float>(width, [.. Enumerable.Range(0, width).Select(slot => random.NextSingle() + (slot % 30 == i % 3 ? 0.5f : 0))])))]);
        }
    }

    [TestMethod]
    public void Rows_stored_in_full_and_by_their_non_zeros_give_the_same_model()
    {
        var ml = new MLContext(seed: 1);
        IDataView sparse = Load(ml, 2_000, seed: 1);
        IDataView full = Load(ml, 2_000, [.. Documents(2_000, seed: 1).Select(document => Document.Create(document.Topic, new VBuffer<float>(2_000, [.. document.Features.DenseValues()])))]);
        AssertEqual(Scored.Vectors(Classifier(ml, epochs: 3).Fit(sparse).Transform(sparse)), Scored.Vectors(Classifier(ml, epochs: 3).Fit(full).Transform(full)));
    }

    [TestMethod]
    [DataRow(-100)]
    [DataRow(-20)]
    [DataRow(20)]
    [DataRow(100)]
    public void The_unit_of_sparse_features_does_not_matter(int exponent)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Load(ml, 2_000, seed: 1);
        float factor = MathF.ScaleB(1, exponent);
        IDataView scaled = Load(ml, 2_000, [.. Documents(2_000, seed: 1).Select(document => Document.Create(document.Topic, Times(document.Features, factor)))]);
        AssertEqual(Scored.Vectors(Classifier(ml, epochs: 3).Fit(data).Transform(data)), Scored.Vectors(Classifier(ml, epochs: 3).Fit(scaled).Transform(scaled)));
    }

    [TestMethod]
    public void A_model_of_wide_rows_holds_only_slots_that_were_met_and_survives_saving()
    {
        const int width = 1_000_000;
        var ml = new MLContext(seed: 1);
        IDataView data = Load(ml, width, seed: 1);
        ITransformer model = Classifier(ml, epochs: 3).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        Assert.IsLessThan(2 << 20, file.Length);

        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        float[][] expected = Scored.Vectors(model.Transform(data));
        AssertEqual(expected, Scored.Vectors(loaded.Transform(data)));
        using PredictionEngine<Document, Prediction> engine = ml.Model.CreatePredictionEngine<Document, Prediction>(loaded, inputSchemaDefinition: Definition(width));
        Document[] rows = Documents(width, seed: 1);
        foreach (int row in new[] { 0, 1, 2, 100 })
        {
            Assert.IsTrue(engine.Predict(rows[row]).Score.Zip(expected[row]).All(pair => Math.Abs(pair.First - pair.Second) < 2e-3));
        }

        var empty = Document.Create(0, new VBuffer<float>(width, 0, [], []));
        var unknown = Document.Create(0, new VBuffer<float>(width, 1, [1f], [width - 1]));
        CollectionAssert.AreEqual(engine.Predict(empty).Score, engine.Predict(unknown).Score, "a word that was never met says nothing");
        var missing = Document.Create(0, new VBuffer<float>(width, 1, [float.NaN], [3]));
        Assert.IsTrue(engine.Predict(missing).Score.All(float.IsNaN));
    }

    [TestMethod]
    public void Validation_rows_may_be_dense_where_training_rows_are_sparse_and_the_other_way_round()
    {
        const int width = 2_000;
        var ml = new MLContext(seed: 1);
        IDataView sparse = Load(ml, width, seed: 1);
        IDataView dense = Load(ml, width, [.. Enumerable.Range(0, 30).Select(i => Document.Create(i % 3, new VBuffer<float>(width, [.. Enumerable.Range(0, width).Select(slot => 1f + (slot % 3 == i % 3 ? 1 : 0))])))]);
        foreach ((IDataView train, IDataView validation) in new[] { (sparse, dense), (dense, sparse) })
        {
            ITransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)).Fit(train, validation);
            Assert.IsTrue(Scored.Vectors(model.Transform(validation)).SelectMany(score => score).All(float.IsFinite));
        }
    }

    [TestMethod]
    public void A_Jacobian_penalty_adds_its_gradient_to_that_of_the_loss()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Load(ml, 2_000, seed: 1);
        float[] Train(double penalty)
        {
            DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2);
            options.JacobianPenalty = penalty;
            return Scored.Vectors(ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data).Transform(data))[0];
        }

        float[] scores = Train(penalty: 10);
        Assert.IsTrue(scores.All(float.IsFinite));
        CollectionAssert.AreNotEqual(Train(penalty: 0), scores);
    }

    [TestMethod]
    public void Rows_of_zeros_alone_are_no_harm()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Load(ml, 5_000, [.. Enumerable.Range(0, 20).Select(i => Document.Create(i % 3, new VBuffer<float>(5_000, 0, [], [])))]);
        Assert.IsTrue(Scored.Vectors(Classifier(ml, epochs: 2).Fit(data).Transform(data)).SelectMany(score => score).All(float.IsFinite));
    }

    private static IEstimator<ITransformer> Classifier(MLContext ml, int epochs = 30) => ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs));

    private static VBuffer<float> Times(VBuffer<float> row, float factor) =>
        new(row.Length, row.GetValues().Length, [.. row.GetValues().ToArray().Select(value => value * factor)], row.GetIndices().ToArray());

    private static void AssertEqual(float[][] expected, float[][] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int row = 0; row < expected.Length; row++)
        {
            CollectionAssert.AreEqual(expected[row], actual[row]);
        }
    }

    internal static IDataView Load(MLContext ml, int width, int seed) => Load(ml, width, Documents(width, seed));

    private static IDataView Load(MLContext ml, int width, Document[] rows)
    {
        IDataView data = ml.Data.LoadFromEnumerable(rows, Definition(width));
        return ml.Transforms.Conversion.MapValueToKey("Label", nameof(Document.Topic)).Fit(data).Transform(data);
    }

    // A sixth of the words are of the document's topic, the rest fall off as words do (Zipf).
    private static Document[] Documents(int width, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows).Select(i =>
        {
            int topic = i % 3;
            var counts = new SortedDictionary<int, float>();
            for (int word = 0; word < WordsPerRow; word++)
            {
                int slot = word % 6 == 0 ? (7 * random.Next(20)) + topic : (int)Math.Pow(width, random.NextDouble()) - 1;
                counts[slot] = counts.GetValueOrDefault(slot) + 1;
            }

            return Document.Create(topic, new VBuffer<float>(width, counts.Count, [.. counts.Values], [.. counts.Keys]));
        })];
    }

    private static SchemaDefinition Definition(int width)
    {
        var definition = SchemaDefinition.Create(typeof(Document));
        definition[nameof(Document.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, width);
        return definition;
    }

    private sealed class Document
    {
        public VBuffer<float> Features { get; set; }

        public int Topic { get; set; }

        public bool IsFirst { get; set; }

        public float Number { get; set; }

        public static Document Create(int topic, VBuffer<float> features) => new() { Features = features, Topic = topic, IsFirst = topic == 0, Number = topic };
    }

    private sealed class Prediction
    {
        [VectorType(3)]
        public float[] Score { get; set; } = [];
    }
}
