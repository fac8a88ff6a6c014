using System.Globalization;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Portfolio;

internal static partial class PortfolioChoice
{
    private static Strategy[] Compare(Week[] weeks, SampleSettings settings)
    {
        Strategy[] strategies = [];
        AnsiConsole.Status().Start(
            "walking forward", status => strategies = WalkForward.Run(weeks, settings.Seed, settings.Device, text => status.Status = text));
        return strategies;
    }

    private static void PrintMetrics(Strategy[] strategies)
    {
        var table = new Spectre.Console.Table();
        table.AddColumns("Strategy", "Annual return", "Volatility", "Sharpe ratio", "Weekly turnover", "Final value");
        foreach (Strategy strategy in strategies)
        {
            table.AddRow(
                strategy.Name,
                Text(strategy.AnnualReturn, "P1"),
                Text(strategy.AnnualVolatility, "P1"),
                Text(strategy.SharpeRatio, "F2"),
                Text(strategy.Turnover, "P1"),
                Text(strategy.FinalValue, "F2"));
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine("After trading costs of 0.1 % of what is traded. One history: differences of this size can be luck.");
    }

    private static void PrintDecision(PriceHistory history, float[] weights)
    {
        IEnumerable<string> parts = weights.Zip(history.Assets).Where(pair => pair.First > 0.01).OrderByDescending(pair => pair.First).Select(pair => $"{pair.Second} {Text(pair.First, "P0")}");
        AnsiConsole.MarkupLineInterpolated($"The saved model on the last week: {string.Join(", ", parts)}.");
    }

    /// <summary>Draws the value of each strategy and the weights of the first.</summary>
    private static void Plot(PriceHistory history, Strategy[] strategies, string path)
    {
        var figure = new Multiplot();
        figure.AddPlots(2);
        DrawValues(figure.GetPlot(0), strategies);
        DrawWeights(figure.GetPlot(1), history, strategies[0]);
        figure.SavePng(path, 1200, 1000);
    }

    private static void DrawValues(Plot plot, Strategy[] strategies)
    {
        foreach (Strategy strategy in strategies)
        {
            ScottPlot.Plottables.Signal line = plot.Add.Signal(strategy.Values());
            line.LegendText = strategy.Name;
            line.LineWidth = strategy == strategies[0] ? 3 : 1.5f;
        }

        plot.Legend.Alignment = Alignment.UpperLeft;
        plot.ShowLegend();
        plot.YLabel("value of 1 invested at the start");
        plot.Title("Cumulative value after trading costs");
    }

    private static void DrawWeights(Plot plot, PriceHistory history, Strategy strategy)
    {
        const int named = 8;
        double[] week = [.. Enumerable.Range(0, strategy.Weights.Length).Select(i => (double)i)];
        double[] bottom = new double[week.Length];
        int[] order = [.. Enumerable.Range(0, history.Assets.Length).OrderByDescending(asset => strategy.Weights.Average(weights => weights[asset]))];
        var palette = new ScottPlot.Palettes.Category20();
        for (int rank = 0; rank < order.Length; rank++)
        {
            double[] top = [.. bottom.Zip(strategy.Weights, (value, weights) => value + weights[order[rank]])];
            ScottPlot.Plottables.FillY area = plot.Add.FillY(week, bottom, top);
            area.FillColor = palette.GetColor(rank);
            area.LineWidth = 0;
            if (rank < named)
            {
                area.LegendText = history.Assets[order[rank]];
            }

            bottom = top;
        }

        plot.ShowLegend(Edge.Right);
        plot.Axes.SetLimits(0, week.Length - 1, 0, 1);
        plot.XLabel("week");
        plot.YLabel("weight");
        plot.Title($"Weights: {strategy.Name}");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
