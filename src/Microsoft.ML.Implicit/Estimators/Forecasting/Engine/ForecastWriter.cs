using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Writes forecasts to objects whose members stand for the forecaster's output columns and its column of times.</summary>
/// <typeparam name="TForecast">Class of the objects.</typeparam>
internal sealed class ForecastWriter<TForecast>
    where TForecast : class, new()
{
    private readonly List<(ColumnMember Member, Func<SeriesForecast, double[], Array> Values)> _outputs = [];

    /// <exception cref="ArgumentException">A member has the wrong type, cannot be set, or stands for no column; or none stands for one.</exception>
    public ForecastWriter(ForecastColumns columns, ForecastQuantiles quantiles, string timeColumn)
    {
        foreach (ColumnMember member in ColumnMember.Of(typeof(TForecast)))
        {
            if (Values(member, columns, quantiles, timeColumn) is { } values)
            {
                _outputs.Add(member.IsWritable ? (member, values) : throw new ArgumentException($"{member.Describe()} cannot be set."));
            }
        }

        if (_outputs.Count == 0)
        {
            throw new ArgumentException($"{typeof(TForecast).Name} has no public property or field for any of the columns {Names(columns)}.");
        }
    }

    public TForecast Write(SeriesForecast forecast, double[] times)
    {
        var result = new TForecast();
        foreach ((ColumnMember member, Func<SeriesForecast, double[], Array> values) in _outputs)
        {
            member.Set(result, values(forecast, times));
        }

        return result;
    }

    private static Func<SeriesForecast, double[], Array>? Values(ColumnMember member, ForecastColumns columns, ForecastQuantiles quantiles, string timeColumn)
    {
        if (columns.Names.Contains(member.Column))
        {
            Func<SeriesForecast, float[]> values = columns.Selector(member.Column, quantiles);
            return member.Type == typeof(float[]) ? (forecast, _) => values(forecast) : throw member.Mistyped("an array of Single");
        }

        if (member.Column == timeColumn)
        {
            return Times(member.Type) is { } convert ? (_, times) => convert(times) : throw member.Mistyped($"an array of {TimeReader.SupportedTypes}");
        }

        return member is { IsWritable: true } && member.Type == typeof(float[])
            ? throw new ArgumentException($"{member.Describe()} stands for none of the columns {Names(columns)}. Name it like one of them, mark it with [ColumnName], or leave it out by [NoColumn].")
            : null;
    }

    private static Func<double[], Array>? Times(Type type) =>
        type == typeof(double[]) ? times => times
        : type == typeof(float[]) ? times => Array.ConvertAll(times, time => (float)time)
        : type == typeof(DateTime[]) ? times => Array.ConvertAll(times, TimeKinds.ToDateTime)
        : type == typeof(DateTimeOffset[]) ? times => Array.ConvertAll(times, TimeKinds.ToDateTimeOffset)
        : type == typeof(TimeSpan[]) ? times => Array.ConvertAll(times, TimeKinds.ToTimeSpan)
        : null;

    private static string Names(ForecastColumns columns) => $"'{string.Join("', '", columns.Names)}'";
}
