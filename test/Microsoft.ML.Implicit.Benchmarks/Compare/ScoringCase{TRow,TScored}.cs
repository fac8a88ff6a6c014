using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// A model scored through ML.NET: one row through a prediction engine, or many rows of a data view. The rate in rows a second is 1000 · rows / milliseconds.
/// </summary>
/// <param name="name">Name of the case without the number of rows.</param>
/// <param name="rows">Rows to score.</param>
/// <param name="trainingRows">Rows to train on.</param>
internal abstract class ScoringCase<TRow, TScored>(string name, int rows, int trainingRows) : IComparisonCase
    where TRow : class
    where TScored : class, new()
{
    public string Name => $"{name}-{rows}";

    public bool RunsOnCpu => true;

    /// <summary>Column that is read.</summary>
    protected virtual string OutputColumn => "Score";

    public ComparisonResult Run(torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        TRow[] all = [.. Enumerable.Range(0, Math.Max(rows, trainingRows)).Select(i => Draw(random, i))];
        ITransformer model = Train(ml, ml.Data.LoadFromEnumerable(all.Take(trainingRows)), device.ToString());
        using PredictionEngine<TRow, TScored> engine = ml.Model.CreatePredictionEngine<TRow, TScored>(model);
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(all.Take(rows)));
        double milliseconds = rows == 1
            ? Stopwatching.MedianMilliseconds(() => engine.Predict(all[0]), device, 300)
            : Stopwatching.MedianMilliseconds(() => Read(scored), device, 5);
        return new ComparisonResult(milliseconds, rows, 0);
    }

    protected abstract TRow Draw(Random random, int index);

    protected abstract ITransformer Train(MLContext ml, IDataView data, string device);

    private int Read(IDataView scored) => scored.Schema[OutputColumn].Type is VectorDataViewType
        ? scored.GetColumn<VBuffer<float>>(OutputColumn).Count()
        : scored.GetColumn<float>(OutputColumn).Count();
}
