using System.Globalization;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Curves;

internal static partial class TheophyllineFit
{
    private static void PrintFits(Subject[] subjects, Fit[] fits)
    {
        Table table = new Table().AddColumns("Subject", "Elimination (1/h)", "Absorption (1/h)", "Clearance (l/h/kg)", "Deviation (mg/l)", "Status");
        foreach ((Subject subject, Fit fit) in subjects.Zip(fits))
        {
            table.AddRow([subject.Number.ToString(CultureInfo.InvariantCulture), .. fit.Parameters.Zip(fit.StandardErrors, Text), fit.Deviation.ToString("F2", CultureInfo.InvariantCulture), fit.Status]);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws the measurements and the curve of each subject.</summary>
    private static void Plot(Subject[] subjects, Fit[] fits, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(subjects.Length);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(3, (subjects.Length + 2) / 3);
        for (int i = 0; i < subjects.Length; i++)
        {
            Draw(figure.GetPlot(i), subjects[i], fits[i]);
        }

        figure.SavePng(path, 1600, 1000);
    }

    private static void Draw(Plot plot, Subject subject, Fit fit)
    {
        double[] hours = [.. Enumerable.Range(0, 251).Select(i => 0.1 * i)];
        ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(hours, [.. hours.Select(t => fit.Concentration(subject.Dose, t))], Colors.RebeccaPurple);
        line.LineWidth = 2;
        plot.Add.ScatterPoints(subject.Hours, subject.Concentration, Colors.Black);
        plot.Title($"Subject {subject.Number}");
        plot.XLabel("hours");
        plot.YLabel("mg/l");
        plot.Axes.SetLimits(-0.5, 25.5, -0.5, 12);
    }

    private static string Text(float value, float error) => string.Create(CultureInfo.InvariantCulture, $"{value:F4} ± {error:F4}");
}
