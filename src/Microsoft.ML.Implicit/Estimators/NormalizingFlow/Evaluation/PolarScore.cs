namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The score of <see cref="AnomalyScoring.PolarLogDensity"/>.</summary>
internal static class PolarScore
{
    // The centre itself has no direction.
    public const double SmallestMeanSquare = 1e-12;

    /// <summary>-log p(x) - (d - 1) log(‖u‖ / √d), in nats.</summary>
    /// <param name="logDensity">log p(x).</param>
    /// <param name="meanSquare">‖u‖² / d.</param>
    /// <param name="dimension">d.</param>
    public static double Of(double logDensity, double meanSquare, int dimension) =>
        -logDensity - ((dimension - 1) * 0.5 * Math.Log(Math.Max(meanSquare, SmallestMeanSquare)));
}
