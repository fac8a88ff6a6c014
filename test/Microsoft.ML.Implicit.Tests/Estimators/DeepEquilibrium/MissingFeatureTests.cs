using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Onnx;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>Features that are missing in some rows, in training and after.</summary>
[TestClass]
public sealed class MissingFeatureTests
{
    private const int Rows = 400;

    [TestMethod]
    public void What_being_missing_tells_is_learned()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(seed: 1);
        using var model = (IDisposable)ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 60)).Fit(Load(ml, rows));
        Row[] unseen = CreateRows(seed: 2);
        float[] scores = Scored.Values(((ITransformer)model).Transform(Load(ml, unseen)));
        double error = Math.Sqrt(scores.Zip(unseen, (score, row) => Math.Pow(score - row.Label, 2)).Average());
        Assert.IsLessThan(0.35, error, "a label that heeds what is missing has a deviation of 1.4, and noise has none");
    }

    [TestMethod]
    [DataRow(EquilibriumSolverKind.Anderson)]
    [DataRow(EquilibriumSolverKind.Broyden)]
    public void Saved_models_ONNX_files_units_and_company_change_nothing(EquilibriumSolverKind solver)
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 3);
        options.Solver = solver;
        options.InputNoise = 0.01;
        IDataView data = Load(ml, rows);
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        float[] scores = Scored.Values(model.Transform(data));
        Assert.IsTrue(scores.All(float.IsFinite));
        Assert.AreEqual(scores[7], Scored.Values(model.Transform(Load(ml, rows[7])))[0], 1e-5);

        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        CollectionAssert.AreEqual(scores, Scored.Values(new MLContext().Model.Load(file, out _).Transform(data)));

        using OnnxFile onnx = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(scores, onnx.Score(data, "Score", batchSize: 37));

        Row[] inOtherUnits = [.. rows.Select(row => new Row { Features = [row.Features[0] * 1024, row.Features[1] / 1024, row.Features[2]], Label = row.Label })];
        using DeepEquilibriumTransformer other = ml.Regression.Trainers.DeepEquilibrium(options).Fit(Load(ml, inOtherUnits));
        float[] inOther = Scored.Values(other.Transform(Load(ml, inOtherUnits)));
        for (int i = 0; i < Rows; i++)
        {
            Assert.AreEqual(scores[i], inOther[i], 1e-3);
        }
    }

    [TestMethod]
    public void A_feature_that_was_never_missing_in_training_must_be_there()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(seed: 1);
        IDataView data = Load(ml, rows);
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(data);
        Row[] questions =
        [
            new() { Features = [1, float.NaN, 0] },
            new() { Features = [float.NaN, 1, 0] },
            new() { Features = [1, float.PositiveInfinity, 0] },
        ];
        float[] scores = Scored.Values(model.Transform(Load(ml, questions)));
        CollectionAssert.AreEqual(new[] { true, false, false }, scores.Select(float.IsFinite).ToArray());
        using OnnxFile onnx = OnnxFile.Of(ml, model, data);
        CollectionAssert.AreEqual(new[] { true, false, false }, onnx.Score(Load(ml, questions), "Score", batchSize: 3).Select(score => float.IsFinite(score[0])).ToArray());
    }

    [TestMethod]
    public void Validation_rows_may_miss_what_training_rows_have()
    {
        var ml = new MLContext(seed: 1);
        Row[] complete = [.. CreateRows(seed: 1).Where(row => !float.IsNaN(row.Features[1]))];
        var losses = new List<double?>();
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2);
        options.Training.Progress = new SynchronousProgress(report => losses.Add(report.ValidationLoss));
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(Load(ml, complete), Load(ml, CreateRows(seed: 2)));
        Assert.IsTrue(losses.Count > 0 && losses.TrueForAll(loss => double.IsFinite(loss!.Value)));
    }

    [TestMethod]
    public void A_model_that_met_no_missing_value_does_not_go_on_with_some()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = CreateRows(seed: 1);
        DeepEquilibriumRegressionTrainer trainer = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1));
        using DeepEquilibriumTransformer complete = trainer.Fit(Load(ml, [.. rows.Where(row => !float.IsNaN(row.Features[1]))]));
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(Load(ml, rows), complete.Model));
        StringAssert.Contains(exception.Message, "missing values in slot 1", StringComparison.Ordinal);
        using DeepEquilibriumTransformer withMissing = trainer.Fit(Load(ml, rows));
        using DeepEquilibriumTransformer further = trainer.Fit(Load(ml, rows), withMissing.Model);
        Assert.IsTrue(Scored.Values(further.Transform(Load(ml, rows))).All(float.IsFinite));
    }

    [TestMethod]
    public void One_versus_all_takes_them_too()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. CreateRows(seed: 1).Select((row, i) => new Row { Features = row.Features, Label = i % 3 })];
        IDataView data = ml.Transforms.Conversion.MapValueToKey("Label").Fit(Load(ml, rows)).Transform(Load(ml, rows));
        ITransformer model = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1))).Fit(data);
        Assert.IsTrue(Scored.Vectors(model.Transform(data)).All(scores => scores.All(float.IsFinite)));
    }

    [TestMethod]
    public void Neural_ODEs_take_them_too()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Load(ml, CreateRows(seed: 1));
        NeuralOdeOptions options = new() { HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 2, Seed = 1 } };
        using NeuralOdeTransformer model = ml.Regression.Trainers.NeuralOde(options).Fit(data);
        Assert.IsTrue(Scored.Values(model.Transform(data)).All(float.IsFinite));
    }

    // Feature 1 is missing in a third of the rows, whose label is then 2 more.
    private static Row[] CreateRows(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows).Select(_ =>
        {
            float first = (float)((2 * random.NextDouble()) - 1), second = (float)((2 * random.NextDouble()) - 1);
            bool isMissing = random.Next(3) == 0;
            return new Row { Features = [first, isMissing ? float.NaN : second, 0], Label = first + (isMissing ? 3 : second) };
        })];
    }

    private static IDataView Load(MLContext ml, params Row[] rows) => ml.Data.LoadFromEnumerable(rows);

    private sealed class Row
    {
        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
