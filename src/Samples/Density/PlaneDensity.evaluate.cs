using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Density;

internal static partial class PlaneDensity
{
    private sealed record Result(Scenario Scenario, double LogLikelihood, double Gaussian, double? Truth, Point[] Data, Window Window, double[,] Density, Point[] Samples);

    /// <summary>Mean log likelihood of the test rows, beside a Gaussian's and, where it is known, the truth's; and what the plot shows.</summary>
    private static Result Evaluate(MLContext ml, string modelPath, Scenario scenario, int seed)
    {
        using var model = (NormalizingFlowTransformer)ml.Model.Load(modelPath, out _);
        Point[] train = [.. ml.Data.CreateEnumerable<Point>(scenario.Train, reuseRowObject: false)];
        Point[] test = [.. ml.Data.CreateEnumerable<Point>(scenario.Test, reuseRowObject: false)];
        double logLikelihood = model.Transform(scenario.Test).GetColumn<float>("LogDensity").Average();
        double? truth = scenario.TrueLogDensity is { } known ? test.Average(known) : null;
        var window = Around(train);
        (double[,] density, Point[] samples) = Explore(ml, modelPath, window, train.Length, seed);
        return new Result(scenario, logLikelihood, GaussianLogLikelihood(train, test), truth, train, window, density, samples);
    }

    private static double GaussianLogLikelihood(Point[] train, Point[] test)
    {
        double x = train.Average(p => p.Features[0]), y = train.Average(p => p.Features[1]);
        double xx = train.Average(p => (p.Features[0] - x) * (p.Features[0] - x));
        double yy = train.Average(p => (p.Features[1] - y) * (p.Features[1] - y));
        double xy = train.Average(p => (p.Features[0] - x) * (p.Features[1] - y));
        double determinant = xx * yy - xy * xy;
        return test.Average(p =>
        {
            double dx = p.Features[0] - x, dy = p.Features[1] - y;
            return -0.5 * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant - 0.5 * Math.Log(determinant) - Math.Log(2 * Math.PI);
        });
    }

    private static Window Around(Point[] points)
    {
        (double left, double right) = Range(0);
        (double bottom, double top) = Range(1);
        return new Window(left, right, bottom, top);

        (double From, double To) Range(int feature)
        {
            double from = points.Min(p => p.Features[feature]), to = points.Max(p => p.Features[feature]);
            return (from - 0.03 * (to - from), to + 0.03 * (to - from));
        }
    }

    private static void PrintMetrics(List<Result> results)
    {
        Table table = new Table().AddColumns("Data", "Log likelihood, nats a row", "Gaussian", "True density");
        foreach (Result result in results)
        {
            table.AddRow(result.Scenario.Title, Text(result.LogLikelihood), Text(result.Gaussian), result.Truth is { } truth ? Text(truth) : "unknown");
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws data, learned density and samples, a row of panels a scenario.</summary>
    private static void Plot(List<Result> results, string path)
    {
        const int panels = 3;
        var figure = new Multiplot();
        figure.AddPlots(panels * results.Count);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(results.Count, panels);
        for (int row = 0; row < results.Count; row++)
        {
            Result result = results[row];
            DrawPoints(figure.GetPlot(panels * row), result, result.Data, $"{result.Scenario.Title}: data");
            DrawDensity(figure.GetPlot((panels * row) + 1), result);
            DrawPoints(figure.GetPlot((panels * row) + 2), result, result.Samples, "Samples of the model");
        }

        figure.SavePng(path, 1500, 500 * results.Count);
    }

    private static void DrawPoints(Plot plot, Result result, Point[] points, string title)
    {
        plot.Add.ScatterPoints(points.Select(p => (double)p.Features[0]).ToArray(), points.Select(p => (double)p.Features[1]).ToArray(), Colors.RebeccaPurple.WithAlpha(0.35)).MarkerSize = 2.5f;
        Frame(plot, result, title);
    }

    private static void DrawDensity(Plot plot, Result result)
    {
        ScottPlot.Plottables.Heatmap heatmap = plot.Add.Heatmap(result.Density);
        heatmap.Colormap = new ScottPlot.Colormaps.Magma();
        heatmap.Extent = new CoordinateRect(result.Window.Left, result.Window.Right, result.Window.Bottom, result.Window.Top);
        heatmap.Smooth = true;

        // Single high peaks would leave the rest in the dark.
        double[] sorted = [.. result.Density.Cast<double>().Order()];
        heatmap.ManualRange = new ScottPlot.Range(0, sorted[(int)(0.995 * (sorted.Length - 1))]);
        Frame(plot, result, "Learned density");
    }

    private static void Frame(Plot plot, Result result, string title)
    {
        plot.Axes.SetLimits(result.Window.Left, result.Window.Right, result.Window.Bottom, result.Window.Top);
        plot.Title(title);
        plot.XLabel(result.Scenario.Horizontal);
        plot.YLabel(result.Scenario.Vertical);
        plot.HideGrid();
    }

    private static string Text(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
