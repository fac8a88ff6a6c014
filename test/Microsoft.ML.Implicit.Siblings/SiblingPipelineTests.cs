using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Transforms.Onnx;

namespace Microsoft.ML.Implicit.Siblings;

[TestClass]
public class SiblingPipelineTests
{
    [TestMethod]
    public void One_pipeline_of_three_packages_trains_saves_loads_and_scores_alike()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var ml = new MLContext(seed: 1);
            IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(Example.Create));
            string normalizer = Path.Combine(folder, "normalizer.onnx");
            WriteNormalizer(ml, data, normalizer);

            var options = new DeepEquilibriumOptions { FeatureColumnName = "Scaled", EnsembleSize = 1 };
            options.Training.MaximumEpochs = 20;

            // ML.NET's ONNX estimator announces "Scaled.output" and its transformer gives "Scaled": the rest is fitted to what it gives.
            OnnxTransformer scale = ml.Transforms.ApplyOnnxModel(["Scaled.output"], [nameof(Example.Features)], normalizer).Fit(data);
            IEstimator<ITransformer> learn = ml.Transforms.Conversion.MapValueToKey("Label")
                .Append(ml.MulticlassClassification.Trainers.LightGbm(featureColumnName: "Scaled", numberOfIterations: 10, minimumExampleCountPerLeaf: 5))
                .Append(ml.Transforms.CopyColumns("TreeScore", "Score"))
                .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium(options));
            ITransformer model = scale.Append(learn.Fit(scale.Transform(data)));
            string path = Path.Combine(folder, "model.zip");
            ml.Model.Save(model, data.Schema, path);
            ITransformer loaded = new MLContext().Model.Load(path, out _);

            foreach (string column in (string[])["TreeScore", "Score"])
            {
                Assert.AreSequenceEqual(Flatten(model.Transform(data), column), Flatten(loaded.Transform(data), column), column);
            }

            Assert.AreEqual(1.0, ml.MulticlassClassification.Evaluate(loaded.Transform(data)).MicroAccuracy);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteNormalizer(MLContext ml, IDataView data, string path)
    {
        IDataView features = ml.Transforms.SelectColumns(nameof(Example.Features)).Fit(data).Transform(data);
        ITransformer normalizer = ml.Transforms.NormalizeMeanVariance("Scaled", nameof(Example.Features)).Fit(features);
        using FileStream file = File.Create(path);
        ml.Model.ConvertToOnnx(normalizer, features, file);
    }

    private static float[] Flatten(IDataView view, string column) => [.. view.GetColumn<float[]>(column).SelectMany(row => row)];

    private sealed class Example
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";

        public static Example Create(int index) => index % 2 == 0
            ? new Example { Features = [3 + (index % 7), index % 5], Label = "positive" }
            : new Example { Features = [-3 - (index % 7), index % 5], Label = "negative" };
    }
}
