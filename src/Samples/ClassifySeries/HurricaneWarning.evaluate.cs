using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.ClassifySeries;

internal static partial class HurricaneWarning
{
    private sealed record Result(string Trainer, CalibratedBinaryClassificationMetrics Metrics);

    /// <summary>Evaluates the model on the test storms, beside trees that are told the last values, extremes and changes.</summary>
    private static List<Result> Compare(MLContext ml, ControlledEquationTransformer model, StormBeginning[] train, StormBeginning[] test)
    {
        const string label = nameof(StormBeginning.BecomesHurricane);
        IDataView Summaries(StormBeginning[] storms) => ml.Data.LoadFromEnumerable(Array.ConvertAll(storms, Summarize));
        ITransformer trees = ml.BinaryClassification.Trainers.FastTree(label).Fit(Summaries(train));
        return
        [
            new Result("Whole series", ml.BinaryClassification.Evaluate(model.Transform(ml.Data.LoadFromEnumerable(test)), label)),
            new Result("FastTree on summaries", ml.BinaryClassification.Evaluate(trees.Transform(Summaries(test)), label)),
        ];
    }

    private static Summary Summarize(StormBeginning storm) => new()
    {
        BecomesHurricane = storm.BecomesHurricane,
        Features =
        [
            storm.Season,
            storm.Hour.Length,
            .. ((float[][])[storm.Latitude, storm.Longitude, storm.Wind, storm.Pressure]).SelectMany(values => (float[])[values[^1], values[^1] - values[0], values.Min(), values.Max(), values.Average()]),
        ],
    };

    private static void PrintMetrics(List<Result> results)
    {
        Table table = new Table().AddColumns("Trainer", "Accuracy", "Area under the ROC curve", "Log loss (bits)");
        foreach ((string trainer, CalibratedBinaryClassificationMetrics metrics) in results)
        {
            table.AddRow(trainer, Text(metrics.Accuracy, "P1"), Text(metrics.AreaUnderRocCurve, "F3"), Text(metrics.LogLoss, "F3"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws the usual winds of the test storms by the probability that was given, and how often hurricanes came of each probability.</summary>
    private static void Plot(MLContext ml, ControlledEquationTransformer model, StormBeginning[] test, string path)
    {
        float[] probabilities = [.. model.Transform(ml.Data.LoadFromEnumerable(test)).GetColumn<float>("Probability")];
        (StormBeginning Storm, float Probability)[] given = [.. test.Zip(probabilities)];
        var figure = new Multiplot();
        figure.AddPlots(2);
        figure.Layout = new ScottPlot.MultiplotLayouts.Columns();
        DrawWinds(figure.GetPlot(0), given);
        DrawCalibration(figure.GetPlot(1), given);
        figure.SavePng(path, 1600, 600);
    }

    // The median and the middle half of winds every six hours, which storms are observed at.
    private static void DrawWinds(Plot plot, (StormBeginning Storm, float Probability)[] given)
    {
        double[] hours = [.. Enumerable.Range(0, 9).Select(i => 6.0 * i)];
        (string Name, float Least, float Most, ScottPlot.Color Color)[] groups =
            [("less than 1/3", 0, 1 / 3f, Colors.SteelBlue), ("1/3 to 2/3", 1 / 3f, 2 / 3f, Colors.Orange), ("more than 2/3", 2 / 3f, 2, Colors.Red)];
        foreach ((string name, float least, float most, ScottPlot.Color color) in groups)
        {
            StormBeginning[] storms = [.. given.Where(pair => pair.Probability >= least && pair.Probability < most).Select(pair => pair.Storm)];
            if (storms.Length == 0)
            {
                continue;
            }

            double[][] winds = [.. hours.Select(hour => storms.SelectMany(storm => storm.Hour.Zip(storm.Wind).Where(at => at.First == hour).Select(at => (double)at.Second)).Order().ToArray())];
            ScottPlot.Plottables.FillY band = plot.Add.FillY(hours, [.. winds.Select(wind => Quantile(wind, 0.25))], [.. winds.Select(wind => Quantile(wind, 0.75))]);
            (band.FillColor, band.LineColor) = (color.WithAlpha(0.15), Colors.Transparent);
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(hours, [.. winds.Select(wind => Quantile(wind, 0.5))], color);
            (line.LineWidth, line.LegendText) = (3, string.Create(CultureInfo.InvariantCulture, $"{name}: {storms.Count(storm => storm.BecomesHurricane)} of {storms.Length} became hurricanes"));
        }

        plot.Title("Wind of storms by the probability given: median and middle half");
        plot.XLabel("hours");
        plot.YLabel("knots");
        plot.Axes.SetLimitsX(0, 48);
        plot.ShowLegend(Alignment.UpperLeft);
    }

    private static void DrawCalibration(Plot plot, (StormBeginning Storm, float Probability)[] given)
    {
        const int bins = 5;
        for (int bin = 0; bin < bins; bin++)
        {
            bool[] outcomes = [.. given.Where(pair => Math.Min((int)(pair.Probability * bins), bins - 1) == bin).Select(pair => pair.Storm.BecomesHurricane)];
            double share = outcomes.Length == 0 ? 0 : outcomes.Average(outcome => outcome ? 1.0 : 0);
            double center = (bin + 0.5) / bins;
            ScottPlot.Plottables.BarPlot bar = plot.Add.Bar(center, share);
            bar.Color = Colors.RebeccaPurple;
            bar.Bars.First().Size = 0.8 / bins;
            plot.Add.Text($"{outcomes.Length}", center, share).Alignment = Alignment.LowerCenter;
        }

        plot.Add.Line(0, 0, 1, 1).LinePattern = LinePattern.Dotted;
        plot.Title("Share that became hurricanes, by the probability given");
        plot.XLabel("probability");
        plot.YLabel("share; above bars, how many storms");
        plot.Axes.SetLimits(0, 1, 0, 1.05);
    }

    private static double Quantile(double[] ordered, double share) => ordered.Length == 0 ? double.NaN : ordered[(int)(share * (ordered.Length - 1))];

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed class Summary
    {
        public bool BecomesHurricane { get; set; }

        [VectorType(22)]
        public float[] Features { get; set; } = [];
    }
}
