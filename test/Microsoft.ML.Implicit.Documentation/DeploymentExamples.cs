using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Documentation;

/// <summary>A model as an ONNX file, written and scored.</summary>
[TestClass]
public sealed class DeploymentExamples
{
    [TestMethod]
    public void The_file_is_written_and_scored_as_the_page_says()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            (ITransformer model, IDataView data) = Train();
            string path = Path.Combine(folder, "cancer.onnx");
            Export(model, data, path);
            float[] direct = ScoreWithOnnxRuntime(path, [[1, 2, 3], [4, 5, 6]]);
            float[] inPipeline = ScoreInPipeline(path, [[1, 2, 3], [4, 5, 6]]);
            CollectionAssert.AreEqual(direct, inPipeline);
            Assert.HasCount(2, direct);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void A_model_file_is_replaced_as_a_whole()
    {
        var ml = new MLContext();
        (ITransformer model, IDataView data) = Train();
        ml.Model.SaveAtomically(model, data.Schema, "model.zip");
        Assert.IsNotNull(ml.Model.Load("model.zip", out _));
    }

    private static (ITransformer Model, IDataView Data) Train()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => new Patient
        {
            Features = [random.NextSingle(), random.NextSingle() + (i % 2), i % 5],
            Label = i % 2 == 0,
        }).ToArray());
        var options = new DeepEquilibriumOptions { EnsembleSize = 1, Training = { MaximumEpochs = 1 } };
        return (ml.Transforms.NormalizeMeanVariance("Features").Append(ml.BinaryClassification.Trainers.DeepEquilibrium(options)).Fit(data), data);
    }

    private static void Export(ITransformer model, IDataView data, string path)
    {
        var ml = new MLContext();
        using FileStream file = File.Create(path);
        ml.Model.ConvertToOnnx(model, data, file, "Score", "Probability");
    }

    private static float[] ScoreWithOnnxRuntime(string path, float[][] rows)
    {
        using var session = new InferenceSession(path);
        int width = session.InputMetadata["Features"].Dimensions[1];
        var features = new DenseTensor<float>(rows.SelectMany(row => row).ToArray(), [rows.Length, width]);
        var labels = new DenseTensor<bool>([rows.Length, 1]);
        NamedOnnxValue[] inputs = [NamedOnnxValue.CreateFromTensor("Features", features), NamedOnnxValue.CreateFromTensor("Label", labels)];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs, ["Probability.output"]);
        return [.. outputs[0].AsEnumerable<float>()];
    }

    private static float[] ScoreInPipeline(string path, float[][] rows)
    {
        var ml = new MLContext();
        IDataView data = ml.Data.LoadFromEnumerable(rows.Select(row => new Patient { Features = row }));
        ITransformer scorer = ml.Transforms.ApplyOnnxModel(["Probability.output"], ["Features", "Label"], path).Fit(data);
        return [.. scorer.Transform(data).GetColumn<float[]>("Probability").Select(value => value[0])];
    }

    private sealed class Patient
    {
        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }
}
