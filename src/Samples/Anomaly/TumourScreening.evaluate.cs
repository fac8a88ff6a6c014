using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;
using Color = ScottPlot.Color;

namespace Microsoft.ML.Implicit.Samples.Anomaly;

internal static partial class TumourScreening
{
    private const int FalsePositives = 5;

    private sealed record Result(string Name, AnomalyDetectionMetrics Metrics, PrecisionRecall Curve, ModelOutput[] Outputs);

    /// <summary>Evaluates the model and ML.NET's own detector, trained on the same rows.</summary>
    private static List<Result> Compare(MLContext ml, NormalizingFlowTransformer model, IDataView train, IDataView test)
    {
        Result Evaluate(string name, ITransformer detector)
        {
            IDataView scored = detector.Transform(test);
            ModelOutput[] outputs = [.. ml.Data.CreateEnumerable<ModelOutput>(scored, reuseRowObject: false)];
            return new Result(
                name,
                ml.AnomalyDetection.Evaluate(scored, falsePositiveCount: FalsePositives),
                PrecisionRecall.Of(outputs.Select(o => (o.Score, o.Label > 0))),
                outputs);
        }

        return
        [
            Evaluate("Normalizing flow", model),
            Evaluate("RandomizedPca", ml.AnomalyDetection.Trainers.RandomizedPca().Fit(train)),
            Evaluate("RandomizedPca, normalised", ml.Transforms.NormalizeMeanVariance("Features").Append(ml.AnomalyDetection.Trainers.RandomizedPca()).Fit(train)),
        ];
    }

    private static void PrintMetrics(List<Result> results)
    {
        Table table = new Table().AddColumns("Trainer", "Area under ROC", "Average precision", $"Detected at {FalsePositives} false alarms");
        foreach (Result result in results)
        {
            table.AddRow(result.Name, Text(result.Metrics.AreaUnderRocCurve, "F4"), Text(result.Curve.AveragePrecision, "F4"), Text(result.Metrics.DetectionRateAtFalsePositiveCount, "P1"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>What the threshold of the contamination rate flags, and what a stricter and a laxer one would.</summary>
    private static void PrintThresholds(MLContext ml, NormalizingFlowTransformer model, IDataView test)
    {
        Table table = new Table().AddColumns("Threshold on the score", "Malignant flagged", "Benign flagged");
        foreach (float shift in (float[])[-5, 0, 5, 20])
        {
            float threshold = model.Model.Threshold + shift;
            using NormalizingFlowTransformer changed = ml.AnomalyDetection.ChangeModelThreshold(model, threshold);
            ModelOutput[] outputs = [.. ml.Data.CreateEnumerable<ModelOutput>(changed.Transform(test), reuseRowObject: false)];
            double Flagged(bool malignant) => outputs.Where(o => o.Label > 0 == malignant).Average(o => o.PredictedLabel ? 1.0 : 0);
            table.AddRow(Text(threshold, "F1") + (shift == 0 ? $" (contamination {Text(Contamination, "P0")})" : string.Empty), Text(Flagged(true), "P1"), Text(Flagged(false), "P1"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws precision against recall, and the scores of both kinds of tumours about the threshold.</summary>
    private static void Plot(List<Result> results, float threshold, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(2);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(1, 2);
        DrawCurves(figure.GetPlot(0), results);
        DrawScores(figure.GetPlot(1), results[0].Outputs, threshold);
        figure.SavePng(path, 1400, 600);
    }

    private static void DrawCurves(Plot plot, List<Result> results)
    {
        Color[] colors = [Colors.RebeccaPurple, Colors.DarkOrange, Colors.Gray];
        for (int i = 0; i < results.Count; i++)
        {
            ScottPlot.Plottables.Scatter curve = plot.Add.ScatterLine(results[i].Curve.Recall, results[i].Curve.Precision, colors[i]);
            curve.LineWidth = i == 0 ? 3 : 2;
            curve.LegendText = $"{results[i].Name} (average precision {Text(results[i].Curve.AveragePrecision, "F3")})";
        }

        plot.Axes.SetLimits(0, 1, 0, 1.02);
        plot.XLabel("recall: malignant tumours found");
        plot.YLabel("precision: flagged tumours that are malignant");
        plot.Title("Precision and recall");
        plot.ShowLegend(Alignment.LowerRight);
    }

    private static void DrawScores(Plot plot, ModelOutput[] outputs, float threshold)
    {
        const int bins = 50;

        // The highest scores lie far out; the last bin collects them.
        double[] sorted = [.. outputs.Select(o => (double)o.Score).Order()];
        double from = sorted[0], to = sorted[(int)(0.88 * sorted.Length)];
        foreach ((bool malignant, Color color) in ((bool, Color)[])[(false, Colors.SteelBlue), (true, Colors.Crimson)])
        {
            double[] counts = new double[bins];
            foreach (ModelOutput output in outputs.Where(o => o.Label > 0 == malignant))
            {
                counts[Math.Clamp((int)((output.Score - from) / (to - from) * bins), 0, bins - 1)]++;
            }

            ScottPlot.Plottables.BarPlot bars = plot.Add.Bars([.. Enumerable.Range(0, bins).Select(i => from + (i + 0.5) / bins * (to - from))], counts);
            bars.LegendText = malignant ? "malignant" : "benign";
            foreach (Bar bar in bars.Bars)
            {
                bar.FillColor = color.WithAlpha(0.6);
                bar.LineWidth = 0;
                bar.Size = (to - from) / bins;
            }
        }

        ScottPlot.Plottables.VerticalLine line = plot.Add.VerticalLine(threshold, 2, Colors.Black, LinePattern.Dashed);
        line.LegendText = $"threshold: contamination {Text(Contamination, "P0")}";
        plot.Axes.Margins(bottom: 0);
        plot.XLabel("score: negative log density in nats (the last bar holds all beyond)");
        plot.YLabel("test tumours");
        plot.Title("Scores of tumours not trained on");
        plot.HideGrid();
        plot.ShowLegend(Alignment.UpperCenter);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
