using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;
using Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>Deep-equilibrium models in ONNX files, beside the library itself.</summary>
[TestClass]
public sealed class DeepEquilibriumOnnxTests
{
    [TestMethod]
    [DataRow(EquilibriumSolverKind.Anderson)]
    [DataRow(EquilibriumSolverKind.Broyden)]
    [DataRow(EquilibriumSolverKind.Picard)]
    public void A_thousand_rows_get_the_same_scores_in_one_batch_and_in_ragged_ones(EquilibriumSolverKind solver)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2);
        options.Solver = solver;
        ITransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Values(model.Transform(data)), file.Score(data, "Score", batchSize: 1030));
        OnnxAssert.AreClose(Scored.Values(model.Transform(data)), file.Score(data, "Score", batchSize: 37));
    }

    [TestMethod]
    public void A_row_by_itself_gets_the_score_that_it_has_in_a_batch()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.TakeRows(RealData.Concrete(ml), 40);
        ITransformer model = ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)).Fit(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose([.. file.Score(data, "Score", batchSize: 40).Select(row => row[0])], file.Score(data, "Score", batchSize: 1));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void One_versus_all_of_binary_models_is_written_as_a_whole(bool useProbabilities)
    {
        var ml = new MLContext(seed: 1);
        string[] names = ["SepalLength", "SepalWidth", "PetalLength", "PetalWidth"];
        IDataView data = RealData.IrisText(ml, names);
        ITransformer model = ml.Transforms.Concatenate("Features", names)
            .Append(ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)), useProbabilities: useProbabilities))
            .Fit(data);
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Vectors(expected), file.Score(data, "Score", batchSize: 40));
        Assert.AreSequenceEqual([.. expected.GetColumn<uint>("PredictedLabel").Select(label => (float)label)], file.Score(data, "PredictedLabel", batchSize: 150).Select(row => row[0]).ToArray());
    }

    [TestMethod]
    public void A_pipeline_from_scalars_to_the_name_of_a_class_scores_alike_through_the_ONNX_transformer_of_ML_NET()
    {
        var ml = new MLContext(seed: 1);
        string[] names = ["SepalLength", "SepalWidth", "PetalLength", "PetalWidth"];
        IDataView data = RealData.IrisText(ml, names);
        ITransformer model = ml.Transforms.Concatenate("Features", names)
            .Append(ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(ml.Transforms.Conversion.MapValueToKey("Label"))
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 5)))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(data);
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file.Bytes);

            // ML.NET's estimator asks for "Score.output", and its transformer gives "Score".
            IDataView scored = ml.Transforms.ApplyOnnxModel(["Score.output", "PredictedLabel.output"], [.. names, "Label"], path).Fit(data).Transform(data);
            OnnxAssert.AreClose(Scored.Vectors(expected), Scored.Vectors(scored));
            CollectionAssert.AreEqual(
                expected.GetColumn<string>("PredictedLabel").ToArray(),
                scored.GetColumn<ReadOnlyMemory<char>[]>("PredictedLabel").Select(value => value[0].ToString()).ToArray());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void An_ensemble_averages_probabilities_and_a_row_that_is_not_finite_gets_NaN()
    {
        var ml = new MLContext(seed: 1);
        IDataView cancer = RealData.BreastCancer(ml);
        Tumour[] rows = [.. ml.Data.CreateEnumerable<Tumour>(cancer, reuseRowObject: false).Take(60)];
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2);
        options.EnsembleSize = 3;
        ITransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(cancer);
        rows[3].Features[5] = float.NaN;
        rows[4].Features[0] = float.PositiveInfinity;
        rows[5].Features[1] = 1e30f;
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        IDataView expected = model.Transform(data);
        foreach (string column in (string[])["Score", "Probability"])
        {
            OnnxAssert.AreClose(Scored.Values(expected, column), file.Score(data, column, batchSize: 60));
        }

        CollectionAssert.AreEqual(
            expected.GetColumn<bool>("PredictedLabel").Select(value => value ? 1f : 0f).ToArray(),
            file.Score(data, "PredictedLabel", batchSize: 60).Select(row => row[0]).ToArray());
    }

    [TestMethod]
    [DataRow(1e-3, 1e-2f)]
    [DataRow(1e-6, 1e-5f)]
    public void Log_odds_agree_to_ten_times_the_tolerance_of_the_solver(double tolerance, float difference)
    {
        var ml = new MLContext(seed: 1);
        IDataView cancer = RealData.BreastCancer(ml);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 5);
        options.Tolerance = tolerance;
        ITransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.TakeRows(cancer, 150));
        IDataView data = ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Tumour>(cancer, reuseRowObject: false).ToArray());
        using OnnxFile file = OnnxFile.Of(ml, model, data, "Score");
        OnnxAssert.AreClose(Scored.Values(model.Transform(data)), file.Score(data, "Score", batchSize: 569), difference);
    }

    [TestMethod]
    public void A_threshold_that_was_moved_is_written()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        using var model = (DeepEquilibriumTransformer)TrainerCase.Of("binary").Fit(ml, data, change: training => training.MaximumEpochs = 5);
        float[] scores = [.. Scored.Values(model.Transform(data)).Order()];
        using DeepEquilibriumTransformer moved = ml.BinaryClassification.ChangeModelThreshold(model, (scores[29] + scores[30]) / 2);
        using OnnxFile file = OnnxFile.Of(ml, moved, data, "PredictedLabel");
        float[] expected = [.. moved.Transform(data).GetColumn<bool>("PredictedLabel").Select(label => label ? 1f : 0f)];
        Assert.AreEqual(10, expected.Sum());
        OnnxAssert.AreClose(expected, file.Score(data, "PredictedLabel", batchSize: 13));
    }

    [TestMethod]
    public void A_class_is_missing_where_a_feature_is()
    {
        var ml = new MLContext(seed: 1);
        IDataView iris = RealData.Iris(ml);
        ITransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 2)).Fit(iris);
        IDataView data = ml.Data.LoadFromEnumerable([new Flower { Features = [5, 3, 1, 0.2f] }, new Flower { Features = [5, float.NaN, 1, 0.2f] }]);
        using OnnxFile file = OnnxFile.Of(ml, model, data, "PredictedLabel");
        CollectionAssert.AreEqual(
            model.Transform(data).GetColumn<uint>("PredictedLabel").Select(key => (float)key).ToArray(),
            file.Score(data, "PredictedLabel", batchSize: 2).Select(row => row[0]).ToArray());
    }

    [TestMethod]
    [DataRow(1, 8, 8)]
    [DataRow(2, 21, 35)]
    public void Images_get_the_same_scores_whatever_their_shape(int channels, int height, int width)
    {
        var ml = new MLContext(seed: 1);
        var shape = new ImageShape(channels, height, width);
        var random = new Random(1);
        Picture[] pictures = [.. Enumerable.Range(0, 48).Select(i => new Picture
        {
            Features = [.. Enumerable.Range(0, shape.Length).Select(pixel => (float)(random.NextDouble() + (pixel % 3 == i % 3 ? 1 : 0)))],
            Label = $"class {i % 3}",
        })];
        SchemaDefinition definition = SchemaDefinition.Create(typeof(Picture));
        definition[nameof(Picture.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, channels, height, width);
        IDataView data = ml.Data.LoadFromEnumerable(pictures, definition);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 2);
        options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
        options.Image = shape;
        ITransformer model = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.DeepEquilibrium(options)).Fit(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data, "Score");
        OnnxAssert.AreClose(Scored.Vectors(model.Transform(data)), file.Score(data, "Score", batchSize: 20));
    }

    private sealed class Tumour
    {
        [VectorType(30)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Flower
    {
        [VectorType(4)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Picture
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
