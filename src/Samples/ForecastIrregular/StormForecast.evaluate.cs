using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.ForecastIrregular;

internal static partial class StormForecast
{
    private sealed record Result(string Variable, double Error, double LastValueError, double Coverage);

    /// <summary>Forecasts every test storm from half of its observations, beside repeating the last value.</summary>
    private static List<Result> Evaluate(MLContext ml, LatentOdeTransformer model, List<Storm> test)
    {
        Storm[] whole = [.. test.Where(storm => storm.Hour.Length >= 4)];
        Storm[] halves = [.. whole.Select(storm => storm.Until(storm.Hour.Length / 2, LongestHorizon))];
        StormOutlook[] outlooks = Forecast(ml, model, halves);
        var results = new List<Result>();
        for (int v = 0; v < Variables.Length; v++)
        {
            var errors = new List<(double Forecast, double Last, bool IsInside)>();
            for (int i = 0; i < halves.Length; i++)
            {
                int count = halves[i].ForecastHour.Length;
                float last = halves[i].Values(v).LastOrDefault(float.IsFinite, float.NaN);
                for (int m = 0; m < count; m++)
                {
                    float truth = whole[i].Values(v)[halves[i].Hour.Length + m];
                    int slot = (v * count) + m;
                    errors.Add((truth - outlooks[i].Forecast[slot], truth - last, truth >= outlooks[i].Lower[slot] && truth <= outlooks[i].Upper[slot]));
                }
            }

            errors.RemoveAll(error => double.IsNaN(error.Forecast) || double.IsNaN(error.Last));
            results.Add(new Result(
                Variables[v],
                Math.Sqrt(errors.Average(error => error.Forecast * error.Forecast)),
                Math.Sqrt(errors.Average(error => error.Last * error.Last)),
                errors.Average(error => error.IsInside ? 1.0 : 0)));
        }

        return results;
    }

    private static StormOutlook[] Forecast(MLContext ml, LatentOdeTransformer model, Storm[] storms) =>
        [.. ml.Data.CreateEnumerable<StormOutlook>(model.Transform(ml.Data.LoadFromEnumerable(storms)), reuseRowObject: false)];

    private static void PrintMetrics(List<Result> results)
    {
        Table table = new Table().AddColumns("Variable", "RMSE", "RMSE of the last value", "Coverage of the 95 % bounds");
        foreach (Result result in results)
        {
            table.AddRow(result.Variable, Text(result.Error, "F2"), Text(result.LastValueError, "F2"), Text(result.Coverage, "P1"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws history, forecast, bounds and what came, a row of panels a storm.</summary>
    private static void Plot(MLContext ml, LatentOdeTransformer model, List<Storm> test, string path)
    {
        const int rows = 3;
        Storm[] whole = [.. test.OrderByDescending(storm => storm.Hour.Length).Take(rows)];
        var figure = new Multiplot();
        figure.AddPlots(rows * Variables.Length);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(rows, Variables.Length);
        for (int row = 0; row < rows; row++)
        {
            Storm half = whole[row].Until(whole[row].Hour.Length / 2, LongestHorizon);
            half.ForecastHour = [.. Enumerable.Range(0, 49).Select(i => half.Hour[^1] + i)];
            StormOutlook outlook = Forecast(ml, model, [half])[0];
            for (int v = 0; v < Variables.Length; v++)
            {
                Plot plot = figure.GetPlot((row * Variables.Length) + v);
                Draw(plot, whole[row], half, outlook, v);
                plot.Title(v == 0 ? $"{whole[row].Name}: {Variables[v]}" : Variables[v]);
                plot.XLabel("hours");
            }
        }

        figure.SavePng(path, 1600, 1000);
    }

    private static void Draw(Plot plot, Storm whole, Storm half, StormOutlook outlook, int variable)
    {
        int count = half.ForecastHour.Length;
        double[] Slice(float[] values) => [.. values.Skip(variable * count).Take(count).Select(value => (double)value)];
        ScottPlot.Plottables.FillY band = plot.Add.FillY(half.ForecastHour, Slice(outlook.Lower), Slice(outlook.Upper));
        band.FillColor = Colors.RebeccaPurple.WithAlpha(0.2);
        band.LineWidth = 0;
        ScottPlot.Plottables.Scatter forecast = plot.Add.ScatterLine(half.ForecastHour, Slice(outlook.Forecast), Colors.RebeccaPurple);
        forecast.LineWidth = 2;
        int split = half.Hour.Length;
        plot.Add.ScatterPoints(half.Hour, half.Values(variable), Colors.Black);
        int end = whole.Hour.Count(hour => hour <= half.ForecastHour[^1]);
        ScottPlot.Plottables.Scatter future = plot.Add.ScatterPoints(whole.Hour[split..end], whole.Values(variable)[split..end], Colors.Gray);
        future.MarkerShape = MarkerShape.OpenCircle;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
