using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;
using Color = ScottPlot.Color;

namespace Microsoft.ML.Implicit.Samples.Tune;

internal static partial class TumourDiagnosis
{
    private const int PenaltiesShown = 5;

    private sealed record Result(string Name, CalibratedBinaryClassificationMetrics Metrics);

    /// <summary>Evaluates the tuned models, one that is not tuned, and ML.NET's own trainers, on the same rows.</summary>
    private static List<Result> Compare(MLContext ml, TumourData data, Tuning penalties, Tuning weights)
    {
        return
        [
            Evaluate("tuned penalties and example weights", weights.Model),
            Evaluate("tuned penalties", penalties.Model),
            Evaluate("PenalizedLinear, not tuned", ml.BinaryClassification.Trainers.PenalizedLinear().Fit(data.Train)),
            Evaluate("LbfgsLogisticRegression", ml.Transforms.NormalizeMeanVariance("Features").Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression()).Fit(data.Train)),
            Evaluate("SdcaLogisticRegression", ml.Transforms.NormalizeMeanVariance("Features").Append(ml.BinaryClassification.Trainers.SdcaLogisticRegression()).Fit(data.Train)),
            Evaluate("FastTree", ml.BinaryClassification.Trainers.FastTree().Fit(data.Train)),
        ];

        Result Evaluate(string name, ITransformer model) => new(name, ml.BinaryClassification.Evaluate(model.Transform(data.Test)));
    }

    private static void PrintMetrics(List<Result> results)
    {
        Table table = new Table().AddColumns("Trainer", "Accuracy", "Area under ROC", "Log loss (bits)");
        foreach (Result result in results)
        {
            table.AddRow(result.Name, Text(result.Metrics.Accuracy, "P1"), Text(result.Metrics.AreaUnderRocCurve, "F4"), Text(result.Metrics.LogLoss, "F3"));
        }

        AnsiConsole.Write(table);
    }

    private static void PrintPenalties(Tuning tuning)
    {
        TunedPenalty[] ordered = [.. tuning.Penalties.OrderBy(penalty => penalty.Value)];
        AnsiConsole.MarkupLineInterpolated($"Smallest penalties: {Names(ordered.Take(PenaltiesShown))}");
        AnsiConsole.MarkupLineInterpolated($"Largest penalties: {Names(ordered.TakeLast(PenaltiesShown))}");

        static string Names(IEnumerable<TunedPenalty> penalties) => string.Join(", ", penalties.Select(penalty => $"{penalty.Name} ({Text(penalty.Value, "G2")})"));
    }

    /// <summary>Draws the validation loss while it is tuned, the penalties by feature, and the weights of rows with right and wrong labels.</summary>
    private static void Plot(TumourData data, Tuning tuning, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(3);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(1, 3);
        DrawHistory(figure.GetPlot(0), tuning);
        DrawPenalties(figure.GetPlot(1), tuning);
        DrawWeights(figure.GetPlot(2), data, tuning);
        figure.SavePng(path, 1800, 600);
    }

    private static void DrawHistory(Plot plot, Tuning tuning)
    {
        double[] evaluations = [.. tuning.History.Select(evaluation => (double)evaluation.Evaluation)];
        plot.Add.Scatter(evaluations, tuning.History.Select(evaluation => evaluation.ValidationLoss).ToArray(), Colors.RebeccaPurple).LineWidth = 2;
        plot.XLabel("evaluation");
        plot.YLabel("validation loss (nats)");
        plot.Title("What tuning gains");
    }

    private static void DrawPenalties(Plot plot, Tuning tuning)
    {
        TunedPenalty[] ordered = [.. tuning.Penalties.OrderByDescending(penalty => penalty.Value)];
        double level = ordered.Min(penalty => Math.Log10(penalty.Value));
        for (int i = 0; i < ordered.Length; i++)
        {
            ScottPlot.Plottables.BarPlot bar = plot.Add.Bar(i, Math.Log10(ordered[i].Value) - level);
            bar.Horizontal = true;
            bar.Color = Colors.RebeccaPurple;
        }

        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, ordered.Length).Select(i => (double)i)], [.. ordered.Select(penalty => penalty.Name)]);
        plot.Axes.Margins(left: 0);
        plot.XLabel("decades above the smallest penalty");
        plot.Title("Penalties");
    }

    private static void DrawWeights(Plot plot, TumourData data, Tuning tuning)
    {
        const int bins = 20;
        foreach ((bool isWrong, Color color) in ((bool, Color)[])[(false, Colors.SteelBlue), (true, Colors.Crimson)])
        {
            double[] counts = new double[bins];
            foreach (double weight in tuning.ExampleWeights!.Where((_, row) => data.IsWrong[row] == isWrong))
            {
                counts[Math.Min((int)(weight * bins), bins - 1)]++;
            }

            ScottPlot.Plottables.BarPlot bars = plot.Add.Bars([.. Enumerable.Range(0, bins).Select(i => (i + 0.5) / bins)], counts);
            bars.LegendText = isWrong ? "wrong label" : "right label";
            foreach (Bar bar in bars.Bars)
            {
                bar.FillColor = color.WithAlpha(0.6);
                bar.LineWidth = 0;
                bar.Size = 1.0 / bins;
            }
        }

        plot.Axes.Margins(bottom: 0);
        plot.XLabel("tuned weight");
        plot.YLabel("training rows");
        plot.Title("Weights of the training rows");
        plot.ShowLegend(Alignment.UpperRight);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
