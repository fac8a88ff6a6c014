using System.Globalization;
using Microsoft.ML.Data;
using ScottPlot;
using Spectre.Console;
using Color = ScottPlot.Color;

namespace Microsoft.ML.Implicit.Samples.Directions;

internal static partial class StormDirections
{
    private const int HeadingBins = 36;

    /// <summary>Mean log density of test rows, in nats by steradian, degree of heading and kilometre an hour.</summary>
    private static double LogLikelihood(ITransformer model, IDataView test) => model.Transform(test).GetColumn<float>("LogDensity").Average();

    /// <summary>The same of a model of latitude and longitude: a square degree has π²/180² cos φ steradians.</summary>
    private static double PlainLogLikelihood(MLContext ml, ITransformer model, IDataView test)
    {
        double logSquareDegree = 2 * Math.Log(Math.PI / 180);
        return LogLikelihood(model, test)
            - ml.Data.CreateEnumerable<StormMove>(test, reuseRowObject: false).Average(move => logSquareDegree + Math.Log(Math.Cos(move.Latitude * Math.PI / 180)));
    }

    private static void PrintMetrics(double manifold, double plain)
    {
        Table table = new Table().AddColumns("Features", "Log likelihood of the storms set aside (nats)");
        table.AddRow("unit vector, angle and speed", Text(manifold));
        table.AddRow("latitude, longitude, heading and speed as numbers", Text(plain));
        AnsiConsole.Write(table);
    }

    /// <summary>Draws places and headings of the storms set aside, and of samples.</summary>
    private static void Plot(MLContext ml, IDataView test, StormMove[] samples, string path)
    {
        StormMove[] data = [.. ml.Data.CreateEnumerable<StormMove>(test, reuseRowObject: false)];
        var figure = new Multiplot();
        figure.AddPlots(3);
        figure.Layout = new ScottPlot.MultiplotLayouts.Columns();
        DrawPlaces(figure.GetPlot(0), "Storms set aside", data, Colors.Black);
        DrawPlaces(figure.GetPlot(1), "Samples", samples, Colors.RebeccaPurple);
        DrawHeadings(figure.GetPlot(2), data, samples);
        figure.SavePng(path, 1600, 520);
    }

    private static void DrawPlaces(Plot plot, string title, StormMove[] moves, Color color)
    {
        ScottPlot.Plottables.Scatter points = plot.Add.ScatterPoints(
            moves.Select(move => (double)move.Longitude).ToArray(), moves.Select(move => (double)move.Latitude).ToArray(), color.WithAlpha(0.3));
        points.MarkerSize = 3;
        plot.Title(title);
        plot.XLabel("degrees east");
        plot.YLabel("degrees north");
        plot.Axes.SetLimits(-115, 20, 0, 75);
    }

    private static void DrawHeadings(Plot plot, StormMove[] data, StormMove[] samples)
    {
        PolarAxis(plot);
        Rose(plot, "storms set aside", data, Colors.Black);
        Rose(plot, "samples", samples, Colors.RebeccaPurple);
        plot.Title("Heading");
        plot.ShowLegend();
    }

    private static void PolarAxis(Plot plot)
    {
        ScottPlot.Plottables.PolarAxis axis = plot.Add.PolarAxis(radius: 1);
        axis.SetSpokes(["east", "north", "west", "south"], 1.1);
    }

    // Frequencies of headings, relative to the greatest, as a closed curve.
    private static void Rose(Plot plot, string label, StormMove[] moves, Color color)
    {
        int[] counts = new int[HeadingBins];
        foreach (StormMove move in moves)
        {
            counts[(int)(move.Heading / 360 * HeadingBins) % HeadingBins]++;
        }

        double largest = counts.Max();
        Coordinates[] curve = [.. Enumerable.Range(0, HeadingBins + 1).Select(i =>
        {
            double angle = (i + 0.5) * 2 * Math.PI / HeadingBins;
            double radius = counts[i % HeadingBins] / largest;
            return new Coordinates(radius * Math.Sin(angle), radius * Math.Cos(angle));
        })];
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(curve, color);
        line.LineWidth = 2;
        line.LegendText = label;
    }

    private static string Text(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
