namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The anomaly score of a row: its negative log density when the features, made normal and uncorrelated, are written as direction
/// and length, -log p(x) - (d - 1) log(‖u‖ / √d).
/// </summary>
/// <remarks>
/// In d dimensions rows lie about √d from their centre, and next to none near it, although the density may be highest there: a row that
/// does is odd, and the density alone misses it (Nalisnick et al., Detecting out-of-distribution inputs to deep generative models
/// using typicality, 2019). A row of usual length gets its negative log density, and in one dimension every row does.
/// </remarks>
internal static class AnomalyScore
{
    // The centre itself has no direction.
    private const double SmallestMeanSquare = 1e-12;

    /// <param name="logDensity">log p(x), in nats.</param>
    /// <param name="meanSquare">‖u‖² / d.</param>
    /// <param name="dimension">d.</param>
    /// <returns>The score in nats, higher for odder rows; NaN where the log density is.</returns>
    public static double Of(double logDensity, double meanSquare, int dimension) =>
        -logDensity - (dimension - 1) * 0.5 * Math.Log(Math.Max(meanSquare, SmallestMeanSquare));
}
