using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;
using Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>What has no ONNX form is refused with ML.NET's own exception and a reason; nothing is left out without a word.</summary>
[TestClass]
public sealed class OnnxRefusalTests
{
    private const string OfMLNet = "The targeted pipeline can not be fully converted into a well-defined ONNX model";

    private static readonly string[] Refused =
    [
        "cone program", "learned cone program", "stochastic forecast", "simulation", "series regression", "series features", "field", "mechanics",
        "curve fit", "satisfiability", "total variation", "soft rank", "meta-learned linear",
    ];

    public static IEnumerable<object[]> WrittenKinds => SmallModel.Kinds.Where(kind => !Refused.Contains((string)kind[0]));

    public static IEnumerable<object[]> RefusedKinds => Refused.Select(kind => new object[] { kind });

    [TestMethod]
    [DynamicData(nameof(WrittenKinds))]
    public void Every_model_is_written_or_refused(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        ITransformer model = SmallModel.Of(kind).Fit(ml, data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        float[][] expected = SmallModel.Read(model.Transform(data));
        string output = model.GetOutputSchema(data.Schema).GetColumnOrNull("Output") is null ? "Score" : "Output";
        OnnxAssert.AreClose(expected, file.Score(data, output, batchSize: 13), tolerance: 1e-4f);
    }

    [TestMethod]
    [DynamicData(nameof(RefusedKinds))]
    public void Kinds_without_an_ONNX_form_are_refused(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        AssertRefused(ml, SmallModel.Of(kind).Fit(ml, data), data, "no ONNX form");
    }

    [TestMethod]
    public void Wide_sparse_features_are_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 40).Select(i => new Words(i)), Words.Schema);
        AssertRefused(ml, ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 1)).Fit(data), data, "non-zeros");
    }

    [TestMethod]
    public void Grouping_rows_into_series_is_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Reading { Series = "a", Time = 0, Level = 1 }, new Reading { Series = "a", Time = 1, Level = 2 }]);
        AssertRefused(ml, ml.Transforms.GroupIntoSeries("Series", "Time", ["Level"]).Fit(data), data, "one row of many");
    }

    [TestMethod]
    public void A_program_that_is_the_same_for_all_rows_is_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(3));
        ITransformer model = ml.Transforms.QuadraticProgram("Output", new double[] { 1, 2 }, q: 1, lowerBounds: 0).Fit(data);
        AssertRefused(ml, model, data, "no column says how many");
    }

    [TestMethod]
    public void A_model_whose_input_ML_NET_could_not_convert_names_it()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        ITransformer model = ml.Transforms.CustomMapping<ModelRow, Halved>((input, output) => output.Half = [input.Features![0] / 2, 1], null)
            .Append(ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { FeatureColumnName = "Half", EnsembleSize = 1, Training = { MaximumEpochs = 1 } }))
            .Fit(data);
        AssertRefused(ml, model, data, "'Half'");
    }

    [TestMethod]
    public void An_opset_that_lacks_the_operators_is_refused_by_ML_NET()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        ITransformer model = SmallModel.Of("regression").Fit(ml, data);
        StringAssert.Contains(
            Assert.Throws<ArgumentException>(() => ml.Model.ConvertToOnnx(model, data, 11, new MemoryStream())).Message, "minimum OpSet version requirement: 12", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Two_models_of_one_kind_and_columns_of_awkward_names_live_in_one_file()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(ModelRow.Create(40));
        var options = new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 1, Seed = 1 } };
        ITransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data).Append(ml.Transforms.CopyColumns("constant", "Score").Fit(
            ml.Regression.Trainers.DeepEquilibrium(options).Fit(data).Transform(data)));
        options.Training.Seed = 2;
        model = model.Append(ml.Regression.Trainers.DeepEquilibrium(options).Fit(data));
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        IDataView expected = model.Transform(data);
        OnnxAssert.AreClose([.. expected.GetColumn<float>("Score")], file.Score(data, "Score", batchSize: 40));
        OnnxAssert.AreClose([.. expected.GetColumn<float>("constant")], file.Score(data, "constant", batchSize: 40));
    }

    private static void AssertRefused(MLContext ml, ITransformer model, IDataView data, string reason)
    {
        using var file = new MemoryStream();
        string message = Assert.ThrowsExactly<InvalidOperationException>(() => ml.Model.ConvertToOnnx(model, data, file)).Message;
        StringAssert.Contains(message, OfMLNet, StringComparison.Ordinal);
        StringAssert.Contains(message, reason, StringComparison.Ordinal);
        Assert.AreEqual(0, file.Length);
    }

    private sealed class Words(int row)
    {
        private const int Width = 400;

        public VBuffer<float> Features { get; } = new(Width, 2, [1, 1 + (row % 3)], [row % Width, 200 + (row % 100)]);

        public float Label { get; } = row % 3;

        public static SchemaDefinition Schema
        {
            get
            {
                SchemaDefinition definition = SchemaDefinition.Create(typeof(Words));
                definition[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Width);
                return definition;
            }
        }
    }

    private sealed class Reading
    {
        public string Series { get; set; } = "";

        public double Time { get; set; }

        public float Level { get; set; }
    }

    private sealed class Halved
    {
        [VectorType(2)]
        public float[] Half { get; set; } = [];
    }
}
