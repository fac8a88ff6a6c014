using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary>
/// <c>forecast-rows</c>: a latent-ODE forecaster over one variable, one network, a series of 20 observations a row, forecast one step ahead. The rate in
/// rows a second is 1000 · rows / milliseconds.
/// </summary>
internal sealed class ForecastScoringCase(int rows) : IComparisonCase
{
    private const int Length = 20;
    private const int TrainingRows = 100;

    public string Name => $"forecast-{rows}";

    public bool RunsOnCpu => true;

    public ComparisonResult Run(torch.Device device)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(Row.Create));
        var options = new LatentOdeOptions
        {
            TimeColumnName = nameof(Row.Time),
            InputColumnNames = [nameof(Row.Level)],
            OutputColumnName = "Forecast",
            Horizon = [1],
            EnsembleSize = 1,
        };
        (options.Training.MaximumEpochs, options.Training.Device) = (1, device.ToString());
        IDataView scored = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.TakeRows(data, TrainingRows)).Transform(data);
        return new ComparisonResult(Stopwatching.MedianMilliseconds(() => _ = scored.GetColumn<VBuffer<float>>("Forecast").Count(), device, 5), rows, 0);
    }

    private sealed class Row
    {
        [VectorType(Length)]
        public float[] Time { get; set; } = [];

        [VectorType(Length)]
        public float[] Level { get; set; } = [];

        public static Row Create(int series) => new()
        {
            Time = [.. Enumerable.Range(0, Length).Select(i => (float)i)],
            Level = [.. Enumerable.Range(0, Length).Select(i => MathF.Sin((i + series) * 0.3f))],
        };
    }
}
