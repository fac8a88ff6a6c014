using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary><c>engine-1</c>: a prediction engine of ML.NET over a transformer that does next to nothing, with the rows of <see cref="ClassifierScoringCase"/>: what of its time is ML.NET's.</summary>
internal sealed class EngineCase : IComparisonCase
{
    public string Name => "engine-1";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        ITransformer first = ml.Transforms.CustomMapping<Row, Scored>((row, scored) => scored.Score = row.Features, contractName: null)
            .Fit(ml.Data.LoadFromEnumerable<Row>([]));
        using PredictionEngine<Row, Scored> engine = ml.Model.CreatePredictionEngine<Row, Scored>(first);
        var row = new Row { Features = new float[64] };
        return new ComparisonResult(Stopwatching.MedianMilliseconds(() => engine.Predict(row), device, 300), 1, 0);
    }

    private sealed class Row
    {
        [VectorType(64)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Scored
    {
        [VectorType(64)]
        public float[] Score { get; set; } = [];
    }
}
