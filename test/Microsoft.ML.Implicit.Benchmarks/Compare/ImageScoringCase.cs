using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary><c>image-score-rows</c>: a deep-equilibrium classifier with a convolutional cell of 8 and 16 channels, images of 28 × 28 pixels and 10 classes.</summary>
internal sealed class ImageScoringCase(int rows) : ScoringCase<ImageScoringCase.Row, ImageScoringCase.Scored>("image-score", rows, trainingRows: 200)
{
    private const int Side = 28;

    // A bright band at a height that tells the class.
    protected override Row Draw(Random random, int index) => new()
    {
        Features = [.. Enumerable.Range(0, Side * Side).Select(pixel => (float)((random.NextDouble() * 0.2) + (pixel * 10 / (Side * Side) == index % 10 ? 0.8 : 0)))],
        Label = (uint)(index % 10) + 1,
    };

    protected override ITransformer Train(MLContext ml, IDataView data, string device)
    {
        var options = new DeepEquilibriumOptions
        {
            Cell = EquilibriumCellKind.MultiscaleConvolutional,
            Image = new ImageShape(1, Side, Side),
            HiddenWidth = 32,
            EnsembleSize = 1,
            Training = { MaximumEpochs = 1, Device = device },
        };
        return ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(data);
    }

    internal sealed class Row
    {
        [VectorType(Side * Side)]
        public float[] Features { get; set; } = [];

        [KeyType(10)]
        public uint Label { get; set; }
    }

    internal sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
