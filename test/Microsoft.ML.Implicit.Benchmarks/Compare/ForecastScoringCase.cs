using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Compare;

/// <summary><c>forecast-rows</c>: a latent-ODE forecaster over one variable, one network, a series of 20 observations a row, forecast one step ahead.</summary>
internal sealed class ForecastScoringCase(int rows) : ScoringCase<ForecastScoringCase.Row, ForecastScoringCase.Scored>("forecast", rows, trainingRows: 100)
{
    private const int Length = 20;

    protected override string OutputColumn => nameof(Scored.Forecast);

    protected override Row Draw(Random random, int index) => new()
    {
        Time = [.. Enumerable.Range(0, Length).Select(i => (float)i)],
        Level = [.. Enumerable.Range(0, Length).Select(i => MathF.Sin((i + index) * 0.3f))],
    };

    protected override ITransformer Train(MLContext ml, IDataView data, string device)
    {
        var options = new LatentOdeOptions
        {
            TimeColumnName = nameof(Row.Time),
            InputColumnNames = [nameof(Row.Level)],
            OutputColumnName = OutputColumn,
            Horizon = [1],
            EnsembleSize = 1,
            Training = { MaximumEpochs = 1, Device = device },
        };
        return ml.Forecasting.ForecastByLatentOde(options).Fit(data);
    }

    internal sealed class Row
    {
        [VectorType(Length)]
        public float[] Time { get; set; } = [];

        [VectorType(Length)]
        public float[] Level { get; set; } = [];
    }

    internal sealed class Scored
    {
        public float[] Forecast { get; set; } = [];
    }
}
