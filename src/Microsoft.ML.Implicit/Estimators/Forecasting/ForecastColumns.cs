using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The columns a forecaster writes and the times it forecasts at.</summary>
/// <param name="Forecast">Column of forecasts.</param>
/// <param name="Lower">Column of lower bounds, or <see langword="null"/>.</param>
/// <param name="Upper">Column of upper bounds, or <see langword="null"/>.</param>
/// <param name="Horizon">Times after the end of a series; empty where a column gives the times.</param>
/// <param name="Times">Column of times, or <see langword="null"/>.</param>
internal sealed record ForecastColumns(string Forecast, string? Lower, string? Upper, double[] Horizon, string? Times)
{
    private const string QuantilesName = "quantile_column";

    /// <summary>Column of quantiles, or <see langword="null"/>.</summary>
    public string? Quantiles { get; init; }

    public IReadOnlyList<string> Names => [.. new[] { Forecast, Lower, Upper, Quantiles }.OfType<string>()];

    /// <summary>Columns that a forecaster of a series reads.</summary>
    public IReadOnlyList<string> InputNames(SeriesColumns input) => Times is null ? [.. input.All] : [.. input.All.Append(Times).Distinct()];

    /// <summary>Reads the times to forecast at; <see langword="null"/> where the horizon says them.</summary>
    public Func<double[]>? TimesReader(DataViewRow source) => Times is null ? null : TimeReader.CreateVector(source, source.Schema[Times]);

    /// <summary>What of a forecast stands in a column.</summary>
    public Func<SeriesForecast, float[]> Selector(string name, ForecastQuantiles quantiles) =>
        name == Forecast ? forecast => forecast.Mean
        : name == Lower ? forecast => forecast.Lower
        : name == Upper ? forecast => forecast.Upper
        : quantiles.Of;

    public VectorDataViewType Type(string name, int variables, ForecastQuantiles quantiles) => Times is null
        ? new VectorDataViewType(NumberDataViewType.Single, variables * Horizon.Length * (name == Quantiles ? quantiles.Levels.Length : 1))
        : new VectorDataViewType(NumberDataViewType.Single);

    /// <summary>Name of the forecast of a variable at a time ahead, such as <c>Bilirubin+90</c>, or of a quantile of it.</summary>
    public IEnumerable<string> SlotNames(string name, string[] variables, ForecastQuantiles quantiles)
    {
        IEnumerable<string> slots = variables.SelectMany(variable => Horizon.Select(time => string.Create(CultureInfo.InvariantCulture, $"{variable}+{time}")));
        return name == Quantiles ? slots.SelectMany(quantiles.SlotNames) : slots;
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("forecast_column", Forecast);
        writer.Write("lower_bound_column", Lower);
        writer.Write("upper_bound_column", Upper);
        if (Quantiles is not null)
        {
            writer.Write(QuantilesName, Quantiles);
        }

        writer.Write("horizon", Horizon);
        writer.Write("time_column", Times);
    }

    /// <exception cref="FormatException">There are no times to forecast at, or impossible ones.</exception>
    public static ForecastColumns Read(DocumentReader reader)
    {
        var columns = new ForecastColumns(
            reader.Text("forecast_column"),
            reader.OptionalText("lower_bound_column"),
            reader.OptionalText("upper_bound_column"),
            Measurements.Checked(reader.Doubles("horizon")),
            reader.OptionalText("time_column"))
        {
            Quantiles = reader.OptionalText(QuantilesName),
        };
        return columns.Horizon.Length > 0 == columns.Times is null && Array.TrueForAll(columns.Horizon, time => time > 0)
            ? columns
            : throw new FormatException("The model file describes impossible times to forecast at.");
    }
}
