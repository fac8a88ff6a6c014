using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>Neural ODEs of images and signals as ONNX files.</summary>
[TestClass]
public sealed class NeuralOdeOnnxTests
{
    [TestMethod]
    [DataRow(1, 8, 8, 4, 0, 6)]
    [DataRow(2, 21, 35, 3, 1, 8)]
    [DataRow(1, 1, 40, 4, 2, 6)]
    [DataRow(2, 5, 4, 0, 1, 8)]
    public void Images_get_the_same_scores_whatever_their_shape(int channels, int height, int width, int stateWidth, int augmented, int hidden)
    {
        var ml = new MLContext(seed: 1);
        var shape = new ImageShape(channels, height, width);
        var random = new Random(1);
        Picture[] pictures = [.. Enumerable.Range(0, 48).Select(i => new Picture
        {
            Features = [.. Enumerable.Range(0, shape.Length).Select(pixel => (float)(random.NextDouble() + (pixel % 3 == i % 3 ? 1 : 0)))],
            Label = i % 3,
        })];
        SchemaDefinition definition = SchemaDefinition.Create(typeof(Picture));
        definition[nameof(Picture.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, channels, height, width);
        IDataView data = ml.Data.LoadFromEnumerable(pictures, definition);
        var options = new NeuralOdeOptions
        {
            Field = OdeFieldKind.Convolutional,
            Image = shape,
            StateWidth = stateWidth,
            AugmentedDimensions = augmented,
            HiddenWidth = hidden,
            EnsembleSize = 2,
            Training = { MaximumEpochs = 2, Seed = 1, LearningRate = 0.02 },
        };
        using NeuralOdeTransformer model = ml.Regression.Trainers.NeuralOde(options).Fit(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data, "Score");
        float[][] expected = [.. Scored.Values(model.Transform(data)).Select(score => new[] { score })];
        OnnxAssert.AreClose(expected, file.Score(data, "Score", batchSize: 20), tolerance: 1e-4f);
        Assert.IsGreaterThan(1e-3f, expected.Max(row => row[0]) - expected.Min(row => row[0]));
    }

    private sealed class Picture
    {
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
