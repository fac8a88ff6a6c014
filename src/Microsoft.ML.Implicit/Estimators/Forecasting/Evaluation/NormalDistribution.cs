namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The standard normal distribution.</summary>
internal static class NormalDistribution
{
    public static double Density(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    /// <summary>Distribution function (Abramowitz and Stegun 26.2.17), with an error below 7.5e-8.</summary>
    public static double Cumulative(double x)
    {
        double t = 1 / (1 + (0.2316419 * Math.Abs(x)));
        double tail = Density(x) * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return x >= 0 ? 1 - tail : tail;
    }

    /// <summary>Inverse of the distribution function, by bisection.</summary>
    public static double Quantile(double probability)
    {
        double low = -10;
        double high = 10;
        while (high - low > 1e-10)
        {
            double middle = 0.5 * (low + high);
            (low, high) = Cumulative(middle) < probability ? (middle, high) : (low, middle);
        }

        return 0.5 * (low + high);
    }
}
