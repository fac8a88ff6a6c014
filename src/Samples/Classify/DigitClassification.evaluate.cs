using System.Globalization;
using Microsoft.ML.Data;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Classify;

internal static partial class DigitClassification
{
    /// <summary>Evaluates the model and ML.NET's own trainers on the same split.</summary>
    private static List<(string Name, MulticlassClassificationMetrics Metrics)> Compare(MLContext ml, ITransformer model, DataOperationsCatalog.TrainTestData data)
    {
        ITransformer keys = ml.Transforms.Conversion.MapValueToKey("Label").Fit(data.TrainSet);
        IDataView train = keys.Transform(data.TrainSet);
        IDataView test = keys.Transform(data.TestSet);
        MulticlassClassificationMetrics Evaluate(IEstimator<ITransformer> trainer) => ml.MulticlassClassification.Evaluate(trainer.Fit(train).Transform(test));

        IDataView scored = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Label"), new InputOutputColumnPair("PredictedLabel")], keyData: LabelsOf(ml, train))
            .Fit(model.Transform(data.TestSet)).Transform(model.Transform(data.TestSet));
        return
        [
            ("Deep equilibrium", ml.MulticlassClassification.Evaluate(scored)),
            ("LightGbm", Evaluate(ml.MulticlassClassification.Trainers.LightGbm())),
            ("FastTree (one versus all)", Evaluate(ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree()))),
            ("SdcaMaximumEntropy", Evaluate(ml.Transforms.NormalizeMinMax("Features").Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy()))),
        ];
    }

    // The keys of the training data, so that the i-th score belongs to the i-th key.
    private static IDataView LabelsOf(MLContext ml, IDataView keyed)
    {
        VBuffer<ReadOnlyMemory<char>> values = default;
        keyed.Schema["Label"].GetKeyValues(ref values);
        return ml.Data.LoadFromEnumerable(values.DenseValues().Select(value => new LabelValue { Label = value.ToString() }));
    }

    private static void PrintMetrics(List<(string Name, MulticlassClassificationMetrics Metrics)> results)
    {
        Table table = new Table().AddColumns("Trainer", "Accuracy", "Macro accuracy", "Log loss");
        foreach ((string name, MulticlassClassificationMetrics metrics) in results)
        {
            table.AddRow(name, Text(metrics.MicroAccuracy, "P2"), Text(metrics.MacroAccuracy, "P2"), Text(metrics.LogLoss, "F4"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws test images with their predictions, the accuracies, and the confusion matrix.</summary>
    private static void Plot(MLContext ml, IDataView scored, List<(string Name, MulticlassClassificationMetrics Metrics)> results, string path)
    {
        const int columns = 10;
        const int imageRows = 2;
        var figure = new Multiplot();
        figure.AddPlots((imageRows * columns) + 2);
        var layout = new ScottPlot.MultiplotLayouts.CustomGrid();
        ModelOutput[] outputs = [.. ml.Data.CreateEnumerable<ModelOutput>(scored, reuseRowObject: false)];
        ModelInput[] inputs = [.. ml.Data.CreateEnumerable<ModelInput>(scored, reuseRowObject: false)];

        // The least certain images first: those are the ones worth looking at.
        int[] order = [.. Enumerable.Range(0, outputs.Length).OrderBy(i => outputs[i].Score.Max())];
        for (int i = 0; i < imageRows * columns; i++)
        {
            Plot plot = figure.GetPlot(i);
            DrawDigit(plot, inputs[order[i]], outputs[order[i]]);
            layout.Set(plot, new GridCell(i / columns, i % columns, 2 * imageRows, columns));
        }

        Plot accuracies = figure.GetPlot(imageRows * columns);
        DrawAccuracies(accuracies, results);
        layout.Set(accuracies, new GridCell(1, 0, 2, 2));
        Plot confusion = figure.GetPlot((imageRows * columns) + 1);
        DrawConfusion(confusion, results[0].Metrics.ConfusionMatrix);
        layout.Set(confusion, new GridCell(1, 1, 2, 2));
        figure.Layout = layout;
        figure.SavePng(path, 1400, 900);
    }

    private static void DrawDigit(Plot plot, ModelInput input, ModelOutput output)
    {
        double[,] pixels = new double[8, 8];
        for (int i = 0; i < Pixels; i++)
        {
            pixels[i / 8, i % 8] = -input.Features[i];
        }

        plot.Add.Heatmap(pixels).Colormap = new ScottPlot.Colormaps.Grayscale();
        plot.HideGrid();
        plot.Axes.Frameless();
        plot.Axes.SquareUnits();
        plot.Axes.Title.Label.Text = string.Create(CultureInfo.InvariantCulture, $"{output.PredictedLabel} ({output.Score.Max():P0})");
        plot.Axes.Title.Label.FontSize = 15;
        plot.Axes.Title.Label.ForeColor = output.PredictedLabel == output.Label ? Colors.DarkGreen : Colors.Crimson;
        plot.Axes.Title.IsVisible = true;
    }

    private static void DrawAccuracies(Plot plot, List<(string Name, MulticlassClassificationMetrics Metrics)> results)
    {
        for (int i = 0; i < results.Count; i++)
        {
            double errors = 100 * (1 - results[i].Metrics.MicroAccuracy);
            ScottPlot.Plottables.BarPlot bar = plot.Add.Bar(i, errors);
            bar.Color = i == 0 ? Colors.RebeccaPurple : Colors.Gray;
            plot.Add.Text(errors.ToString("F2", CultureInfo.InvariantCulture) + " %", i, errors).Alignment = Alignment.LowerCenter;
        }

        plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, results.Count).Select(i => (double)i)], [.. results.Select(result => result.Name.Replace(" (", "\n(", StringComparison.Ordinal))]);
        plot.Axes.Margins(bottom: 0, top: 0.2);
        plot.Title("Errors on the test set (%)");
        plot.HideGrid();
    }

    private static void DrawConfusion(Plot plot, ConfusionMatrix matrix)
    {
        int classes = matrix.NumberOfClasses;
        double[,] shares = new double[classes, classes];
        for (int row = 0; row < classes; row++)
        {
            double total = matrix.Counts[row].Sum();
            for (int column = 0; column < classes; column++)
            {
                shares[row, column] = matrix.Counts[row][column] / total;
                if (matrix.Counts[row][column] > 0)
                {
                    ScottPlot.Plottables.Text text = plot.Add.Text(matrix.Counts[row][column].ToString("F0", CultureInfo.InvariantCulture), column, classes - 1 - row);
                    text.Alignment = Alignment.MiddleCenter;
                    text.LabelFontColor = shares[row, column] > 0.5 ? Colors.White : Colors.Black;
                }
            }
        }

        ScottPlot.Plottables.Heatmap heatmap = plot.Add.Heatmap(shares);
        heatmap.Colormap = new ScottPlot.Colormaps.Blues().Reversed();
        plot.MoveToBack(heatmap);
        double[] positions = [.. Enumerable.Range(0, classes).Select(i => (double)i)];
        plot.Axes.Bottom.SetTicks(positions, [.. positions.Select(p => Text(p, "F0"))]);
        plot.Axes.Left.SetTicks(positions, [.. positions.Select(p => Text(classes - 1 - p, "F0"))]);
        plot.XLabel("predicted");
        plot.YLabel("true");
        plot.Title("Deep equilibrium: confusion matrix");
        plot.HideGrid();
        plot.Axes.SquareUnits();
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed class LabelValue
    {
        public string Label { get; set; } = string.Empty;
    }
}
