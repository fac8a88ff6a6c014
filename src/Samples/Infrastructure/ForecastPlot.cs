using Microsoft.ML.Data;
using ScottPlot;

namespace Microsoft.ML.Implicit.Samples;

/// <summary>A plot of any forecast: a panel for each variable of the first series, with history, forecast and bounds.</summary>
internal static class ForecastPlot
{
    private const int MostSeries = 4;
    private const int MostRows = 10_000;

    /// <summary>Forecasts the series of some data and draws them.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">A forecaster, or a chain with one, fitted or loaded.</param>
    /// <param name="data">What the model reads.</param>
    /// <param name="timeColumnName">Column of times.</param>
    /// <param name="path">File to write.</param>
    /// <param name="seriesColumnName">Column that names the series, or <see langword="null"/> where there is one series alone.</param>
    public static void Save(MLContext ml, ITransformer model, IDataView data, string timeColumnName, string path, string? seriesColumnName = null)
    {
        Dictionary<string, object>[] histories = [.. Read(model.Transform(data), MostSeries)];
        Dictionary<string, object>[] forecasts = [.. Read(ml.Forecasting.ForecastRows(model, data, seriesColumnName), MostRows)];
        bool areDates = forecasts[0]["Time"] is DateTime or DateTimeOffset;
        var panels = forecasts.GroupBy(row => (Series: row.GetValueOrDefault("Series")?.ToString(), Variable: row["Variable"].ToString()!))
            .Select(rows => (rows.Key.Series, rows.Key.Variable, Rows: rows.ToArray(), History: histories.FirstOrDefault(row => rows.Key.Series is null || row[seriesColumnName!].ToString() == rows.Key.Series)))
            .Where(panel => panel.History is not null).ToArray();
        var figure = new Multiplot();
        figure.AddPlots(panels.Length);
        for (int i = 0; i < panels.Length; i++)
        {
            Plot plot = figure.GetPlot(i);
            Draw(plot, panels[i].Rows);
            plot.Add.ScatterPoints(Times(panels[i].History![timeColumnName], areDates), Numbers(panels[i].History![panels[i].Variable]), Colors.Black);
            plot.Title($"{panels[i].Series} {panels[i].Variable}".Trim());
            if (areDates)
            {
                plot.Axes.DateTimeTicksBottom();
            }
        }

        figure.SavePng(path, 1200, 300 * panels.Length);
    }

    private static void Draw(Plot plot, Dictionary<string, object>[] rows)
    {
        double[] times = [.. rows.Select(row => Time(row["Time"], isDate: false))];
        double[] Column(string name) => [.. rows.Select(row => (double)(float)row[name])];
        if (Column("Lower").All(double.IsFinite) && Column("Upper").All(double.IsFinite))
        {
            ScottPlot.Plottables.FillY band = plot.Add.FillY(times, Column("Lower"), Column("Upper"));
            band.FillColor = Colors.RebeccaPurple.WithAlpha(0.2);
            band.LineWidth = 0;
        }

        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(times, Column("Value"), Colors.RebeccaPurple);
        line.LineWidth = 2;
    }

    private static IEnumerable<Dictionary<string, object>> Read(IDataView data, int count) =>
        data.Preview(count).RowView.Select(row => row.Values.GroupBy(cell => cell.Key).ToDictionary(cells => cells.Key, cells => cells.Last().Value));

    private static double[] Times(object vector, bool areDates) => vector switch
    {
        VBuffer<DateTime> dates => [.. dates.DenseValues().Select(date => Time(date, areDates))],
        VBuffer<DateTimeOffset> dates => [.. dates.DenseValues().Select(date => Time(date, areDates))],
        VBuffer<TimeSpan> spans => [.. spans.DenseValues().Select(span => Time(span, areDates))],
        VBuffer<float> numbers => [.. numbers.DenseValues().Select(number => Time((double)number, areDates))],
        _ => [.. ((VBuffer<double>)vector).DenseValues().Select(number => Time(number, areDates))],
    };

    // Numbers in the place of dates are days since 1970.
    private static double Time(object time, bool isDate) => time switch
    {
        DateTime date => date.ToOADate(),
        DateTimeOffset date => date.UtcDateTime.ToOADate(),
        TimeSpan span => span.TotalDays,
        double days when isDate => DateTime.UnixEpoch.AddDays(days).ToOADate(),
        _ => (double)time,
    };

    private static double[] Numbers(object vector) => [.. ((VBuffer<float>)vector).DenseValues().Select(value => (double)value)];
}
