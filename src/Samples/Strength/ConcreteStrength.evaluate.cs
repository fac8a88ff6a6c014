using System.Globalization;
using Microsoft.ML.Data;
using ScottPlot;
using Spectre.Console;
using Color = ScottPlot.Color;

namespace Microsoft.ML.Implicit.Samples.Strength;

internal static partial class ConcreteStrength
{
    private const int LongestAge = 120;

    /// <summary>Evaluates the model and ML.NET's own trainers on the same split.</summary>
    private static List<Result> Compare(MLContext ml, ITransformer model, DataOperationsCatalog.TrainTestData data)
    {
        const string label = nameof(ModelInput.Strength);
        return
        [
            Evaluate("Neural ODE", model),
            Train("LightGbm", ml.Regression.Trainers.LightGbm(label)),
            Train("FastTree", ml.Regression.Trainers.FastTree(label)),
            Train("Sdca", ml.Transforms.NormalizeMeanVariance("Features").Append(ml.Regression.Trainers.Sdca(label))),
        ];

        Result Train<TTransformer>(string name, IEstimator<TTransformer> trainer)
            where TTransformer : class, ITransformer => Evaluate(name, ml.Transforms.Concatenate("Features", Inputs).Append(trainer).Fit(data.TrainSet));

        Result Evaluate(string name, ITransformer fitted) => new(name, fitted, ml.Regression.Evaluate(fitted.Transform(data.TestSet), label));
    }

    private static void PrintMetrics(List<Result> results)
    {
        Table table = new Table().AddColumns("Trainer", "RMSE (MPa)", "Mean absolute error (MPa)", "R²");
        foreach (Result result in results)
        {
            table.AddRow(result.Name, Text(result.Metrics.RootMeanSquaredError, "F2"), Text(result.Metrics.MeanAbsoluteError, "F2"), Text(result.Metrics.RSquared, "F3"));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws predictions against measurements, the evaluations that rows took, and how one mix hardens.</summary>
    private static void Plot(MLContext ml, List<Result> results, IDataView test, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(3);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(1, 3);
        ModelInput[] mixes = [.. ml.Data.CreateEnumerable<ModelInput>(test, reuseRowObject: false)];
        ModelOutput[] outputs = [.. ml.Data.CreateEnumerable<ModelOutput>(results[0].Model.Transform(test), reuseRowObject: false)];
        DrawPredictions(figure.GetPlot(0), mixes, outputs);
        DrawEvaluations(figure.GetPlot(1), outputs);
        DrawHardening(ml, figure.GetPlot(2), results, mixes.First(mix => mix.Age <= LongestAge));
        figure.SavePng(path, 1500, 500);
    }

    private static void DrawPredictions(Plot plot, ModelInput[] mixes, ModelOutput[] outputs)
    {
        double[] measured = [.. mixes.Select(mix => (double)mix.Strength)];
        plot.Add.ScatterPoints(measured, outputs.Select(output => (double)output.Score).ToArray(), Colors.RebeccaPurple);
        plot.Add.Line(0, 0, measured.Max(), measured.Max()).LineColor = Colors.Gray;
        plot.XLabel("measured (MPa)");
        plot.YLabel("predicted (MPa)");
        plot.Title("Mixes that were set aside");
    }

    private static void DrawEvaluations(Plot plot, ModelOutput[] outputs)
    {
        foreach (IGrouping<float, ModelOutput> rows in outputs.GroupBy(output => output.Evaluations))
        {
            plot.Add.Bar(rows.Key, rows.Count()).Color = Colors.RebeccaPurple;
        }

        plot.Axes.Margins(bottom: 0);
        plot.XLabel("evaluations of the field");
        plot.YLabel("mixes");
        plot.Title("What a row takes");
    }

    private static void DrawHardening(MLContext ml, Plot plot, List<Result> results, ModelInput mix)
    {
        ModelInput[] aging = [.. Enumerable.Range(1, LongestAge).Select(age => mix with { Age = age })];
        double[] ages = [.. aging.Select(aged => (double)aged.Age)];
        IDataView data = ml.Data.LoadFromEnumerable(aging);
        foreach ((Result result, Color color) in results.Zip([Colors.RebeccaPurple, Colors.Gray]))
        {
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine(ages, result.Model.Transform(data).GetColumn<float>("Score").Select(score => (double)score).ToArray(), color);
            line.LineWidth = 2;
            line.LegendText = result.Name;
        }

        plot.Add.Marker(mix.Age, mix.Strength, MarkerShape.FilledCircle, 12, Colors.Black).LegendText = "measured";
        plot.XLabel("age (days)");
        plot.YLabel("strength (MPa)");
        plot.Title("How one mix hardens");
        plot.ShowLegend(Alignment.LowerRight);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private sealed record Result(string Name, ITransformer Model, RegressionMetrics Metrics);
}
