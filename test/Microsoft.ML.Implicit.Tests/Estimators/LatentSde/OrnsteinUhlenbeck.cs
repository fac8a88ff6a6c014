namespace Microsoft.ML.Implicit.Tests.Estimators.LatentSde;

/// <summary>dx = -x dt + ½ dW.</summary>
internal static class OrnsteinUhlenbeck
{
    private const double Volatility = 0.5;

    public static double StationaryDeviation => Volatility / Math.Sqrt(2);

    /// <summary>Standard deviation after a time from a known value.</summary>
    public static double Deviation(double time) => StationaryDeviation * Math.Sqrt(1 - Math.Exp(-2 * time));
}
