using System.Globalization;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Field;

internal static partial class FieldForecast
{
    /// <summary>Errors of forecasts in proportion to the field, beside those of the field staying as it is.</summary>
    private static void PrintMetrics(Snapshot[] test, float[][] forecasts)
    {
        Snapshot[][] runs = [.. test.Chunk(Horizon.Length + 1)];
        Table table = new Table().AddColumns("Time ahead", "Relative error", "If nothing changed");
        foreach (int place in (int[])[3, 9, 19, 39])
        {
            double error = runs.Zip(forecasts, (run, forecast) => RelativeError(forecast[(place * BurgersRuns.Points)..((place + 1) * BurgersRuns.Points)], run[place + 1].Field)).Average();
            double unchanged = runs.Average(run => RelativeError(run[0].Field, run[place + 1].Field));
            table.AddRow(Horizon[place].ToString("F2", CultureInfo.InvariantCulture), error.ToString("P2", CultureInfo.InvariantCulture), unchanged.ToString("P0", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }

    private static double RelativeError(float[] forecast, float[] truth) =>
        Math.Sqrt(forecast.Zip(truth, (left, right) => (left - right) * (left - right)).Sum() / truth.Sum(value => value * value));

    /// <summary>Draws the first test run, its forecast and the difference of the two: the line from left to right, time upwards.</summary>
    private static void Plot(Snapshot[] test, float[][] forecasts, string path)
    {
        float[][] truth = [.. test.Take(Horizon.Length + 1).Select(snapshot => snapshot.Field)];
        float[][] forecast = [truth[0], .. forecasts[0].Chunk(BurgersRuns.Points)];
        float[][] difference = [.. truth.Zip(forecast, (left, right) => right.Zip(left, (r, l) => r - l).ToArray())];
        double largest = truth.Max(row => row.Max(Math.Abs)), worst = difference.Max(row => row.Max(Math.Abs));
        var figure = new Multiplot();
        figure.AddPlots(3);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(1, 3);
        Draw(figure.GetPlot(0), truth, largest, "Field of a run that was not trained on");
        Draw(figure.GetPlot(1), forecast, largest, "Forecast from its first row; training ended at 0.5");
        Draw(figure.GetPlot(2), difference, worst, string.Create(CultureInfo.InvariantCulture, $"Difference, up to {worst:G2}"));
        figure.SavePng(path, 1650, 500);
    }

    private static void Draw(Plot plot, float[][] rows, double largest, string title)
    {
        double[,] image = new double[rows.Length, BurgersRuns.Points];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < BurgersRuns.Points; column++)
            {
                // The first row of a heat map is its top.
                image[rows.Length - 1 - row, column] = rows[row][column];
            }
        }

        ScottPlot.Plottables.Heatmap heatmap = plot.Add.Heatmap(image);
        heatmap.Colormap = new ScottPlot.Colormaps.Balance();
        heatmap.Extent = new CoordinateRect(0, 1, 0, Horizon[^1]);
        heatmap.ManualRange = new ScottPlot.Range(-largest, largest);
        plot.Add.ColorBar(heatmap);
        plot.Axes.SetLimits(0, 1, 0, Horizon[^1]);
        plot.Title(title);
        plot.XLabel("place");
        plot.YLabel("time");
        plot.HideGrid();
    }
}
