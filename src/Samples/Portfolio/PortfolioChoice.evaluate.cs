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
        LabelWeeks(plot, strategies[0]);
        plot.YLabel("value of 1 invested at the start");
        plot.Title("Cumulative value after trading costs");
    }

    private static void DrawWeights(Plot plot, PriceHistory history, Strategy strategy)
    {
        const int named = 9;
        double[] week = [.. Enumerable.Range(0, strategy.Weights.Length).Select(i => (double)i)];
        double[][] means = QuarterMeans(strategy.Weights);
        int[] order = [.. Enumerable.Range(0, history.Assets.Length).OrderByDescending(asset => strategy.Weights.Average(weights => weights[asset]))];
        var palette = new ScottPlot.Palettes.Category10();
        double[] bottom = new double[week.Length];
        for (int rank = 0; rank < Math.Min(named, order.Length); rank++)
        {
            double[] top = [.. bottom.Zip(means, (value, weights) => value + weights[order[rank]])];
            Fill(bottom, top, palette.GetColor(rank), history.Assets[order[rank]]);
            bottom = top;
        }

        if (order.Length > named)
        {
            Fill(bottom, [.. bottom.Select(_ => 1.0)], ScottPlot.Colors.LightGray, $"{order.Length - named} others");
        }

        plot.ShowLegend(Edge.Right);
        plot.Axes.SetLimits(0, week.Length - 1, 0, 1);
        LabelWeeks(plot, strategy);
        plot.YLabel("weight");
        plot.Title($"Weights: {strategy.Name}, mean of a quarter");

        void Fill(double[] from, double[] to, ScottPlot.Color color, string name)
        {
            ScottPlot.Plottables.FillY area = plot.Add.FillY(week, from, to);
            area.FillColor = color;
            area.LineWidth = 0;
            area.LegendText = name;
        }
    }

    // Weekly weights of many assets are too lively to read.
    private static double[][] QuarterMeans(float[][] weights)
    {
        const int quarter = 13;
        return [.. Enumerable.Range(0, weights.Length).Select(week =>
        {
            ReadOnlySpan<float[]> window = weights.AsSpan(Math.Max(week - quarter + 1, 0)..(week + 1));
            double[] mean = new double[weights[week].Length];
            foreach (float[] row in window)
            {
                for (int asset = 0; asset < mean.Length; asset++)
                {
                    mean[asset] += row[asset] / window.Length;
                }
            }

            return mean;
        })];
    }

    private static void LabelWeeks(Plot plot, Strategy strategy)
    {
        const int labels = 8;
        int step = Math.Max(strategy.Weeks.Count / labels, 1);
        double[] positions = [.. Enumerable.Range(0, strategy.Weeks.Count / step).Select(i => (double)(i * step))];
        plot.Axes.Bottom.SetTicks(positions, [.. positions.Select(position => strategy.Weeks[(int)position].Date)]);
        plot.XLabel("end of week");
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
