using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The columns that a forecaster of mechanical systems writes and the times that it forecasts at.</summary>
/// <param name="Forecast">Column of forecasts.</param>
/// <param name="Lower">Column of lower bounds, or <see langword="null"/>.</param>
/// <param name="Upper">Column of upper bounds, or <see langword="null"/>.</param>
/// <param name="Energy">Column of energies, or <see langword="null"/>.</param>
/// <param name="EnergyHistory">Column of energies at all observations, or <see langword="null"/>.</param>
/// <param name="Horizon">Times after the end of a series; empty where a column gives the times.</param>
/// <param name="Times">Column of times, or <see langword="null"/>.</param>
internal sealed record MechanicsColumns(string Forecast, string? Lower, string? Upper, string? Energy, string? EnergyHistory, double[] Horizon, string? Times)
{
    public IReadOnlyList<string> Names => [.. new[] { Forecast, Lower, Upper, Energy, EnergyHistory }.OfType<string>()];

    public DataViewType Type(string name, int variables) =>
        name == Energy ? NumberDataViewType.Single
        : name != EnergyHistory && Times is null ? new VectorDataViewType(NumberDataViewType.Single, variables * Horizon.Length)
        : new VectorDataViewType(NumberDataViewType.Single);

    /// <summary>Names of the forecasts of variables at times ahead, such as <c>Angle+0.5</c>.</summary>
    public IEnumerable<string> SlotNames(string[] variables) =>
        variables.SelectMany(variable => Horizon.Select(time => string.Create(CultureInfo.InvariantCulture, $"{variable}+{time}")));

    public void Write(DocumentWriter writer)
    {
        writer.Write("forecast_column", Forecast);
        writer.Write("lower_bound_column", Lower);
        writer.Write("upper_bound_column", Upper);
        writer.Write("energy_column", Energy);
        writer.Write("energy_history_column", EnergyHistory);
        writer.Write("horizon", Horizon);
        writer.Write("time_column", Times);
    }

    /// <exception cref="FormatException">There are no times to forecast at, or impossible ones.</exception>
    public static MechanicsColumns Read(DocumentReader reader)
    {
        var columns = new MechanicsColumns(
            reader.Text("forecast_column"),
            reader.OptionalText("lower_bound_column"),
            reader.OptionalText("upper_bound_column"),
            reader.OptionalText("energy_column"),
            reader.OptionalText("energy_history_column"),
            Measurements.Checked(reader.Doubles("horizon")),
            reader.OptionalText("time_column"));
        return columns.Horizon.Length > 0 == columns.Times is null && Array.TrueForAll(columns.Horizon, time => time > 0)
            ? columns
            : throw new FormatException("The model file describes impossible times to forecast at.");
    }
}
