using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// <c>image-score-rows</c>: a deep-equilibrium classifier with a convolutional cell of 8 and 16 channels, images of 28 × 28 pixels and 10 classes, many rows of a
/// data view. The rate in rows a second is 1000 · rows / milliseconds.
/// </summary>
internal sealed class ImageScoringCase(int rows) : IComparisonCase
{
    private const int Side = 28;
    private const int TrainingRows = 200;

    public string Name => $"image-score-{rows}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable<Row>([.. Enumerable.Range(0, Math.Max(rows, TrainingRows)).Select(i => Row.Draw(random, i))]);
        var options = new DeepEquilibriumOptions
        {
            Cell = EquilibriumCellKind.MultiscaleConvolutional,
            Image = new ImageShape(1, Side, Side),
            HiddenWidth = 32,
            EnsembleSize = 1,
        };
        (options.Training.MaximumEpochs, options.Training.Device) = (1, device.ToString());
        IDataView scored = ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.TakeRows(data, TrainingRows)).Transform(data);
        return new ComparisonResult(Stopwatching.MedianMilliseconds(() => _ = scored.GetColumn<VBuffer<float>>("Score").Count(), device, 5), rows, 0);
    }

    private sealed class Row
    {
        [VectorType(Side * Side)]
        public float[] Features { get; set; } = [];

        [KeyType(10)]
        public uint Label { get; set; }

        // A bright band at a height that tells the class.
        public static Row Draw(Random random, int index) => new()
        {
            Features = [.. Enumerable.Range(0, Side * Side).Select(pixel => (float)((random.NextDouble() * 0.2) + (pixel * 10 / (Side * Side) == index % 10 ? 0.8 : 0)))],
            Label = (uint)(index % 10) + 1,
        };
    }
}
