using System.Globalization;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Ranges of what can have been measured, learned from the training series: bounded where a few values, such as -9999 for none, lie far apart from all others. What lies beyond is taken as missing.
/// </summary>
/// <param name="Lowest">Least measurement of each variable, and then of each control; minus infinity where nothing lies apart.</param>
/// <param name="Highest">Greatest measurement, or infinity.</param>
internal sealed record MeasuredRanges(double[] Lowest, double[] Highest)
{
    // What lies apart is at least so many times as far from the median as all others.
    private const double Apart = 10;

    // Of the values, at most as many lie apart: more are a part of what there is to learn.
    private const double MostApart = 0.2;

    private const int FewestValues = 10;

    public static MeasuredRanges Learn(IReadOnlyList<TimeSeries> series)
    {
        (double Lowest, double Highest)[] ranges = [.. Columns(series).Select(Range)];
        return new MeasuredRanges([.. ranges.Select(range => range.Lowest)], [.. ranges.Select(range => range.Highest)]);
    }

    /// <summary>A series in which what lies beyond the ranges is missing.</summary>
    public TimeSeries Clean(TimeSeries series) => series with
    {
        Values = [.. series.Values.Select(Clean)],
        Covariates = [.. series.Covariates.Select((values, i) => Clean(values, series.Values.Length + i))],
    };

    /// <summary>Says what is taken as missing.</summary>
    /// <param name="series">Series as they were read.</param>
    /// <param name="columns">Names of the variables and then of the controls.</param>
    /// <param name="channel">Is told.</param>
    public void Report(IReadOnlyList<TimeSeries> series, IReadOnlyList<string> columns, IChannel channel)
    {
        foreach ((int i, IEnumerable<float> values) in Columns(series).Index())
        {
            float[] beyond = [.. values.Where(value => float.IsFinite(value) && !IsMeasured(value, i))];
            if (beyond.Length > 0)
            {
                channel.Warning(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{beyond.Length} values of column '{columns[i]}', such as {beyond[0]}, lie more than {Apart} times as far from its median as all others. They are taken as missing, here and in forecasts; make them NaN."));
            }
        }
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("lowest", Lowest);
        writer.Write("highest", Highest);
    }

    /// <exception cref="FormatException">The numbers are no ranges.</exception>
    public static MeasuredRanges Read(DocumentReader reader, int count)
    {
        // Files of older versions have none.
        if (reader.OptionalTensor("lowest") is null)
        {
            return new MeasuredRanges([.. Enumerable.Repeat(double.NegativeInfinity, count)], [.. Enumerable.Repeat(double.PositiveInfinity, count)]);
        }

        var ranges = new MeasuredRanges(reader.Doubles("lowest"), reader.Doubles("highest"));
        return ranges.Lowest.Length == count && ranges.Highest.Length == count && ranges.Lowest.Zip(ranges.Highest).All(range => range.First < range.Second)
            ? ranges
            : throw new FormatException("The model file describes impossible ranges of measurements.");
    }

    private bool IsMeasured(float value, int column) => value >= Lowest[column] && value <= Highest[column];

    private float[] Clean(float[] values, int column) => [.. values.Select(value => IsMeasured(value, column) ? value : float.NaN)];

    private static IEnumerable<IEnumerable<float>> Columns(IReadOnlyList<TimeSeries> series) =>
    [
        .. Enumerable.Range(0, series[0].Values.Length).Select(i => series.SelectMany(s => s.Values[i])),
        .. Enumerable.Range(0, series[0].Covariates.Length).Select(i => series.SelectMany(s => s.Covariates[i])),
    ];

    private static (double Lowest, double Highest) Range(IEnumerable<float> column)
    {
        double[] ordered = [.. column.Where(float.IsFinite).Select(value => (double)value).Order()];
        if (ordered.Length >= FewestValues)
        {
            double median = ordered[ordered.Length / 2];
            double[] distances = [.. ordered.Select(value => Math.Abs(value - median)).Order()];
            for (int i = (int)((1 - MostApart) * distances.Length); i < distances.Length; i++)
            {
                if (distances[i - 1] > 0 && distances[i] > Apart * distances[i - 1])
                {
                    return (median - (Apart * distances[i - 1]), median + (Apart * distances[i - 1]));
                }
            }
        }

        return (double.NegativeInfinity, double.PositiveInfinity);
    }
}
