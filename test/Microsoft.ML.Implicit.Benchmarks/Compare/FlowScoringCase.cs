using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// <c>flow-score-rows</c>: a normalizing flow of 8 features, scored with the exact trace at the default tolerance through ML.NET: one row
/// through a prediction engine, or many rows of a data view. The rate in rows a second is 1000 · rows / milliseconds.
/// </summary>
internal sealed class FlowScoringCase : IComparisonCase
{
    private const int FeatureCount = 8;
    private const int TrainingRows = 2000;

    private readonly int _rows;

    public FlowScoringCase(int rows) => _rows = rows;

    public string Name => $"flow-score-{_rows}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        Row[] rows = [.. Enumerable.Range(0, Math.Max(_rows, TrainingRows)).Select(_ => Row.Draw(random))];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        var options = new NormalizingFlowOptions { Scoring = AnomalyScoring.LogDensity };
        options.Training.Device = device.ToString();
        options.Training.MaximumEpochs = 30;
        NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ml.Data.TakeRows(data, TrainingRows));
        using PredictionEngine<Row, Scored> engine = ml.Model.CreatePredictionEngine<Row, Scored>(model);
        IDataView scored = model.Transform(data);
        double milliseconds = _rows == 1
            ? Stopwatching.MedianMilliseconds(() => engine.Predict(rows[0]), device, 300)
            : Stopwatching.MedianMilliseconds(() => _ = scored.GetColumn<float>("Score").Count(), device, 5);
        return new ComparisonResult(milliseconds, _rows, 0);
    }

    private sealed class Row
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        // Each feature bends the one before it, so that the density is no product.
        public static Row Draw(Random random)
        {
            float[] features = new float[FeatureCount];
            for (int i = 0; i < FeatureCount; i++)
            {
                features[i] = (float)(random.NextDouble() + random.NextDouble() - 1 + (i == 0 ? 0 : Math.Sin(3 * features[i - 1])));
            }

            return new Row { Features = features };
        }
    }

    private sealed class Scored
    {
        public float Score { get; set; }
    }
}
