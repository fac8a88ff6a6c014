using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using ScottPlot;
using Spectre.Console;
using Color = ScottPlot.Color;

namespace Microsoft.ML.Implicit.Samples.Adapt;

internal static partial class StormPressure
{
    private const int Few = 5;

    private static readonly int[] Counts = [1, 2, Few, 10];

    /// <summary>Errors on the other observations of storms of which the wind is known at a few times.</summary>
    private static Result Compare(MLContext ml, MetaLearnedLinearTransformer model, ModelInput[] known, ModelInput[][] asked, int count)
    {
        ModelInput[] few = [.. asked.SelectMany(storm => Spread(storm, count))];
        IDataView others = ml.Data.LoadFromEnumerable(asked.SelectMany(storm => storm.Except(Spread(storm, count))).ToArray());
        IDataView all = ml.Data.LoadFromEnumerable(known.Concat(few).ToArray());
        return new Result(
            count,
            Error(model.Adapt(ml.Data.LoadFromEnumerable(few))),
            Error(ml.Regression.Trainers.PenalizedLinear(nameof(ModelInput.Wind)).Fit(all)),
            Error(ml.Regression.Trainers.LightGbm(nameof(ModelInput.Wind)).Fit(all)));

        double Error(ITransformer fitted) => ml.Regression.Evaluate(fitted.Transform(others), nameof(ModelInput.Wind)).RootMeanSquaredError;
    }

    /// <summary>Observations that are spread over the life of a storm, as those of a few flights are.</summary>
    private static ModelInput[] Spread(ModelInput[] storm, int count) => [.. Enumerable.Range(0, count).Select(i => storm[((2 * i) + 1) * storm.Length / (2 * count)])];

    private static void PrintMetrics(Result[] results)
    {
        Table table = new Table().AddColumns("Observations known", "Adapted (knots)", "One linear model (knots)", "LightGbm (knots)");
        foreach (Result result in results)
        {
            table.AddRow(result.Count.ToString(CultureInfo.InvariantCulture), Text(result.Adapted), Text(result.Linear), Text(result.Trees));
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws the wind of storms over their pressure, with the line of all storms and those adapted to a few observations.</summary>
    private static void Plot(MLContext ml, MetaLearnedLinearTransformer model, ModelInput[][] storms, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(storms.Length);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(1, storms.Length);
        for (int i = 0; i < storms.Length; i++)
        {
            Draw(ml, figure.GetPlot(i), model, storms[i]);
        }

        figure.SavePng(path, 500 * storms.Length, 500);
    }

    private static void Draw(MLContext ml, Plot plot, MetaLearnedLinearTransformer model, ModelInput[] storm)
    {
        ModelInput[] falling = [.. storm.OrderBy(observation => observation.Features[0])];
        foreach ((string name, ITransformer transformer, Color color) in new[]
        {
            ("all storms", (ITransformer)model, Colors.Gray),
            ($"adapted to {Few}", model.Adapt(ml.Data.LoadFromEnumerable(Spread(storm, Few))), Colors.RebeccaPurple),
        })
        {
            double[] winds = [.. transformer.Transform(ml.Data.LoadFromEnumerable(falling)).GetColumn<float>("Score").Select(score => (double)score)];
            ScottPlot.Plottables.Scatter line = plot.Add.ScatterLine([.. falling.Select(observation => (double)observation.Features[0])], winds, color);
            line.LineWidth = 2;
            line.LegendText = name;
        }

        Points([.. storm.Except(Spread(storm, Few))], Colors.Black.WithAlpha(0.5), "others");
        Points(Spread(storm, Few), Colors.OrangeRed, $"{Few} that are known");
        plot.XLabel("pressure (mb)");
        plot.YLabel("wind (knots)");
        plot.Title(storm[0].Storm.Replace('_', ' '));
        plot.ShowLegend(Alignment.UpperRight);

        void Points(ModelInput[] rows, Color color, string name) => plot.Add.ScatterPoints(
            rows.Select(row => (double)row.Features[0]).ToArray(), rows.Select(row => (double)row.Wind).ToArray(), color).LegendText = name;
    }

    private static string Text(double value) => value.ToString("F1", CultureInfo.InvariantCulture);

    private sealed record Result(int Count, double Adapted, double Linear, double Trees);
}
