using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Portfolio;

/// <summary>Divides a portfolio among assets every week, trained on what the division earns rather than on forecasts.</summary>
internal static partial class PortfolioChoice
{
    private const double RiskAversion = 10;

    private static readonly string[] Files = ["dow_jones30.csv", "eu_stock_markets.csv"];

    public static Sample Sample { get; } = new("portfolio", "divides a portfolio every week, walk-forward on daily prices (needs --data FOLDER)", Run);

    private static void Run(SampleSettings settings)
    {
        string? file = settings.DataFolder is null ? null : Files.Select(name => Path.Combine(settings.DataFolder, name)).FirstOrDefault(File.Exists);
        if (file is null)
        {
            AnsiConsole.MarkupLineInterpolated($"This scenario reads daily closing prices, whose licence keeps them from being shipped. Give a folder with {string.Join(" or ", Files)}:");
            AnsiConsole.MarkupLine("  portfolio --data FOLDER");
            AnsiConsole.MarkupLine("The file has a header, a column 'date' and a column of prices for each asset. Both ship with R: dow_jones30 is DowJones30 of package fBasics, eu_stock_markets is EuStockMarkets.");
            return;
        }

        PriceHistory history = PriceHistory.Load(file);
        Week[] weeks = history.Weeks(RiskAversion);
        AnsiConsole.MarkupLineInterpolated($"[bold]Portfolio[/] of {history.Assets.Length} assets, {weeks.Length} weeks, each decided with what was known before it");
        Strategy[] strategies = Compare(weeks, settings);
        PrintMetrics(strategies);

        string path = settings.OutputPath("portfolio.zip");
        Train(weeks, settings, path);
        PrintDecision(history, Decide(path, weeks[^1]));

        string plot = settings.OutputPath("portfolio.png");
        Plot(history, strategies, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
