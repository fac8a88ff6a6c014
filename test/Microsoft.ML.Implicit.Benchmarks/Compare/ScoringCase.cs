using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// <c>score-rows</c>: a deep-equilibrium classifier of 64 features and 10 classes through ML.NET: one row through a prediction
/// engine, or many rows of a data view. The rate in rows a second is 1000 · rows / milliseconds.
/// </summary>
internal sealed class ScoringCase : IComparisonCase
{
    private const int FeatureCount = 64;

    private readonly int _rows;

    public ScoringCase(int rows) => _rows = rows;

    public string Name => $"score-{_rows}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        Row[] rows = [.. Enumerable.Range(0, Math.Max(_rows, 500)).Select(i => Row.Draw(random, i))];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        var options = new DeepEquilibriumOptions();
        options.Training.MaximumEpochs = 2;
        options.Training.Device = device.ToString();
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(ml.Data.TakeRows(data, 500));
        PredictionEngine<Row, Scored> engine = ml.Model.CreatePredictionEngine<Row, Scored>(model);
        IDataView scored = model.Transform(data);
        double milliseconds = _rows == 1
            ? Stopwatching.MedianMilliseconds(() => engine.Predict(rows[0]), device, 300)
            : Stopwatching.MedianMilliseconds(() => _ = scored.GetColumn<VBuffer<float>>("Score").Count(), device, 5);
        return new ComparisonResult(milliseconds, _rows, 0);
    }

    private sealed class Row
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        [KeyType(10)]
        public uint Label { get; set; }

        public static Row Draw(Random random, int index) => new()
        {
            Features = [.. Enumerable.Range(0, FeatureCount).Select(_ => (float)random.NextDouble())],
            Label = (uint)(index % 10),
        };
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
