using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of a batch of rows and their forecasts.</summary>
internal sealed class SeriesForecastBatch : SeriesBatch<SeriesForecast>
{
    private readonly ForecastModelParameters _model;
    private readonly ForecastColumns _columns;

    public SeriesForecastBatch(ForecastModelParameters model, SeriesReader reader, Func<double[]>? times, ForecastColumns columns, int capacity)
        : base(model, reader, times, columns.Horizon, capacity) => (_model, _columns) = (model, columns);

    public override Delegate CreateGetter(int column, Func<int> slot) => CreateVectorGetter(_columns.Selector(_columns.Names[column], _model.Quantiles), slot);

    protected override SeriesForecast[] Evaluate(TimeSeries[] series, double[][] targets) => _model.Forecast(series, targets);

    protected override SeriesForecast Unknown(int times)
    {
        float[] missing = new float[times * Variables];
        Array.Fill(missing, float.NaN);
        return new SeriesForecast(missing, missing, missing);
    }
}
