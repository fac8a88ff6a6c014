using System.Globalization;
using Microsoft.ML.Implicit.Samples.Portfolio;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Decisions;

/// <summary>The portfolio sample's walk-forward test on daily prices, after trading costs.</summary>
internal static class PortfolioQuality
{
    private const double RiskAversion = 10;

    public static void Run(string folder, IReadOnlyCollection<string> names, int seed, string device)
    {
        Console.WriteLine("data\tstrategy\tweeks\tannual return\tannual volatility\tSharpe ratio\tweekly turnover");
        foreach (string name in new[] { "dow_jones30", "eu_stock_markets" }.Where(name => names.Count == 0 || names.Contains(name)))
        {
            Week[] weeks = PriceHistory.Load(Path.Combine(folder, name + ".csv")).Weeks(RiskAversion);
            foreach (Strategy strategy in WalkForward.Run(weeks, seed, device))
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}\t{strategy.Name}\t{strategy.Returns.Length}\t{strategy.AnnualReturn:P1}\t{strategy.AnnualVolatility:P1}\t{strategy.SharpeRatio:F2}\t{strategy.Turnover:P1}"));
            }
        }
    }
}
