namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scale and bins of one feature.</summary>
/// <param name="Center">Median.</param>
/// <param name="Factor">Inverse of the interquartile range; 0 for a constant feature.</param>
/// <param name="Bins">Start and inverse width of each bin.</param>
internal sealed record FeatureScale(float Center, float Factor, IReadOnlyList<(float Start, float Factor)> Bins)
{
    // Bins narrower than this fraction of the range are steps.
    private const float NarrowestBin = 1e-6f;

    /// <summary>Learns the scale of a feature.</summary>
    /// <param name="values">Value a row; sorted by this call.</param>
    /// <param name="classes">Class a row.</param>
    /// <param name="maximumBins">Bins at most.</param>
    public static FeatureScale Of(float[] values, int[] classes, int maximumBins)
    {
        int[] sortedClasses = [.. classes];
        Array.Sort(values, sortedClasses);
        float Quantile(double fraction) => values[(int)Math.Round(fraction * (values.Length - 1))];

        // Mostly constant features have no interquartile range; half their range stands in for it.
        float range = values[^1] - values[0];
        float spread = Quantile(0.75) - Quantile(0.25);
        float[] edges = TargetAwareBins.Edges(values, sortedClasses, maximumBins);
        return new FeatureScale(
            Quantile(0.5),
            InverseOrZero(spread > 0 ? spread : range / 2),
            [.. edges.Zip(edges.Skip(1), (start, end) => (start, InverseOrZero(Math.Max(end - start, range * NarrowestBin))))]);
    }

    private static float InverseOrZero(float value) => value > 0 && float.IsFinite(1 / value) ? 1 / value : 0;
}
