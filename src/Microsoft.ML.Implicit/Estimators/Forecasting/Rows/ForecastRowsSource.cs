using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Where in data with forecasts, one series a row, the series, times, forecasts and bounds are.</summary>
internal sealed class ForecastRowsSource
{
    private readonly double[] _horizon;

    /// <exception cref="ArgumentException">A column is missing.</exception>
    public ForecastRowsSource(DataViewSchema schema, IForecastTransformer forecaster, string? seriesColumnName)
    {
        Series = seriesColumnName is null ? null : Find(seriesColumnName);
        Times = Find(forecaster.Output.Times ?? forecaster.Input.Times);
        TimeKind = TimeKinds.Of(Find(forecaster.Input.Times));
        Forecast = Find(forecaster.Output.Forecast);
        Lower = forecaster.Output.Lower is { } lower ? Find(lower) : null;
        Upper = forecaster.Output.Upper is { } upper ? Find(upper) : null;
        Quantiles = forecaster.Output.Quantiles is { } quantiles ? Find(quantiles) : null;
        QuantileCount = forecaster.Model.QuantileLevels.Count;
        Variables = [.. forecaster.Input.Values.Select(name => name.AsMemory())];
        _horizon = forecaster.Output.Horizon;

        DataViewSchema.Column Find(string name) => schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The data has no column '{name}', which its forecasts as rows are made of.", nameof(schema));
    }

    public DataViewSchema.Column? Series { get; }

    /// <summary>Times of the observations, or those to forecast at where each row has its own.</summary>
    public DataViewSchema.Column Times { get; }

    public TimeKind TimeKind { get; }

    public DataViewSchema.Column Forecast { get; }

    public DataViewSchema.Column? Lower { get; }

    public DataViewSchema.Column? Upper { get; }

    public DataViewSchema.Column? Quantiles { get; }

    public int QuantileCount { get; }

    public ReadOnlyMemory<char>[] Variables { get; }

    public IEnumerable<DataViewSchema.Column> Needed => new[] { Series, Times, Forecast, Lower, Upper, Quantiles }.OfType<DataViewSchema.Column>();

    /// <summary>Times of the forecasts in a row; none where nothing says from when on.</summary>
    public double[] ForecastTimes(double[] times)
    {
        if (_horizon.Length == 0)
        {
            return times;
        }

        double end = times.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();
        return double.IsNaN(end) ? [] : Array.ConvertAll(_horizon, ahead => end + ahead);
    }
}
