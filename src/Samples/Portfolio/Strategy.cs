namespace Microsoft.ML.Implicit.Samples.Portfolio;

/// <summary>Weights that were held week after week, and what came of them.</summary>
/// <param name="Name">Name of the strategy.</param>
/// <param name="Weights">Weights of each week.</param>
/// <param name="Weeks">The weeks.</param>
internal sealed record Strategy(string Name, float[][] Weights, IReadOnlyList<Week> Weeks)
{
    private const double WeeksPerYear = 52;

    /// <summary>Price of trading one unit of value.</summary>
    private const double TradingCost = 0.001;

    /// <summary>Return of each week after trading costs.</summary>
    public double[] Returns { get; } = NetReturns(Weights, Weeks);

    /// <summary>Mean fraction of the portfolio traded a week.</summary>
    public double Turnover => Enumerable.Range(1, Weights.Length - 1).Average(week => Traded(Weights[week - 1], Weights[week], Weeks[week - 1]));

    public double AnnualReturn => Math.Pow(FinalValue, WeeksPerYear / Returns.Length) - 1;

    public double AnnualVolatility
    {
        get
        {
            double mean = Returns.Average();
            return Math.Sqrt(WeeksPerYear * Returns.Average(value => (value - mean) * (value - mean)));
        }
    }

    /// <summary>Mean return over volatility, a year, without a riskless rate.</summary>
    public double SharpeRatio => WeeksPerYear * Returns.Average() / AnnualVolatility;

    public double FinalValue => Values()[^1];

    /// <summary>Value of one unit invested at the start, after each week.</summary>
    public double[] Values()
    {
        double value = 1;
        return [.. Returns.Select(weekly => value *= 1 + weekly)];
    }

    private static double[] NetReturns(float[][] weights, IReadOnlyList<Week> weeks) =>
        [.. Enumerable.Range(0, weights.Length).Select(week =>
            Gross(weights[week], weeks[week]) - (week > 0 ? TradingCost * Traded(weights[week - 1], weights[week], weeks[week - 1]) : 0))];

    private static double Gross(float[] weights, Week week) => -weights.Zip(week.Costs, (weight, cost) => (double)weight * cost).Sum();

    // Prices move the weights before they are set anew.
    private static double Traded(float[] before, float[] after, Week between)
    {
        double growth = 1 + Gross(before, between);
        return Enumerable.Range(0, before.Length).Sum(i => Math.Abs(after[i] - (before[i] * (1 - between.Costs[i]) / growth))) / 2;
    }
}
