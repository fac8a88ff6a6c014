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

    /// <summary>Draws the winds of the test storms, coloured by the probability that was given, and how often hurricanes came of each probability.</summary>
    private static void Plot(MLContext ml, ControlledEquationTransformer model, StormBeginning[] test, string path)
    {
        float[] probabilities = [.. model.Transform(ml.Data.LoadFromEnumerable(test)).GetColumn<float>("Probability")];
        var figure = new Multiplot();
        figure.AddPlots(2);
        figure.Layout = new ScottPlot.MultiplotLayouts.Columns();
        Plot winds = figure.GetPlot(0), calibration = figure.GetPlot(1);
        var colors = new ScottPlot.Colormaps.Viridis();
        foreach ((StormBeginning storm, float probability) in test.Zip(probabilities))
        {
            ScottPlot.Plottables.Scatter line = winds.Add.ScatterLine(storm.Hour, [.. storm.Wind.Select(wind => (double)wind)], colors.GetColor(probability));
            line.LineStyle.Pattern = storm.BecomesHurricane ? LinePattern.Solid : LinePattern.Dotted;
        }

        winds.Title("Wind in knots; solid: became a hurricane; bright: thought to");
        winds.XLabel("hours");
        const int bins = 5;
        for (int bin = 0; bin < bins; bin++)
        {
            bool[] outcomes = [.. test.Zip(probabilities).Where(pair => Math.Min((int)(pair.Second * bins), bins - 1) == bin).Select(pair => pair.First.BecomesHurricane)];
            double share = outcomes.Length == 0 ? 0 : outcomes.Average(outcome => outcome ? 1.0 : 0);
            double center = (bin + 0.5) / bins;
            ScottPlot.Plottables.BarPlot bar = calibration.Add.Bar(center, share);
            bar.Color = Colors.RebeccaPurple;
            bar.Bars.First().Size = 0.8 / bins;
            calibration.Add.Text($"{outcomes.Length}", center, share).Alignment = Alignment.LowerCenter;
        }

        calibration.Add.Line(0, 0, 1, 1).LinePattern = LinePattern.Dotted;
        calibration.Title("Share that became hurricanes, by the probability given");
        figure.SavePng(path, 1600, 600);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed class Summary
    {
        public bool BecomesHurricane { get; set; }

        [VectorType(22)]
        public float[] Features { get; set; } = [];
    }
}
