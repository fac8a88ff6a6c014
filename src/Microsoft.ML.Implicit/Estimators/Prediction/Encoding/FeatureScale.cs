namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scale, bins and steps of one feature.</summary>
/// <param name="Center">Median.</param>
/// <param name="Factor">Inverse of the interquartile range; 0 for a constant feature.</param>
/// <param name="Bins">Start and inverse width of each bin, and behind them of each step.</param>
internal sealed record FeatureScale(float Center, float Factor, IReadOnlyList<(float Start, float Factor)> Bins)
{
    /// <summary>A factor whose double is finite.</summary>
    public const float LargestFactor = 1e38f;

    // Bins narrower than this fraction of the range are steps.
    private const float NarrowestBin = 1e-6f;

    // Rows on either side of a cut that a step rises over, of all: where it is, is not known any better.
    private const double RowsOfStep = 0.02;

    /// <summary>Learns the scale of a feature.</summary>
    /// <param name="values">Value a row, at least one; sorted by this call.</param>
    /// <param name="classes">Class a row.</param>
    /// <param name="maximumBins">Bins at most, from 0.</param>
    /// <param name="hasSteps">Whether there is a step at each cut between bins.</param>
    public static FeatureScale Of(float[] values, int[] classes, int maximumBins, bool hasSteps)
    {
        int[] sortedClasses = [.. classes];
        Array.Sort(values, sortedClasses);
        float Quantile(double fraction) => values[(int)Math.Round(fraction * (values.Length - 1))];

        // Mostly constant features have no interquartile range; half their range stands in for it. Halves cannot overflow.
        float halfRange = (values[^1] / 2) - (values[0] / 2);
        float halfSpread = (Quantile(0.75) / 2) - (Quantile(0.25) / 2);
        float[] edges = maximumBins > 0 ? TargetAwareBins.Edges(values, sortedClasses, maximumBins) : [];
        (float Start, float End)[] bins = [.. edges.Zip(edges.Skip(1))];
        return new FeatureScale(
            Quantile(0.5),
            halfSpread > 0 ? Inverse(halfSpread) / 2 : Inverse(halfRange),
            [.. bins.Concat(hasSteps ? Steps(values, bins) : []).Select(rise => (rise.Start, Inverse(Math.Max(HalfWidth(rise), halfRange * NarrowestBin)) / 2))]);
    }

    // A step as wide as a bin beside it says nothing that the bins do not: a feature of two values is a step.
    private static IEnumerable<(float Start, float End)> Steps(float[] values, (float Start, float End)[] bins) =>
        from beside in bins.Zip(bins.Skip(1))
        let step = StepAt(values, beside.Second.Start)
        where HalfWidth(step) < Math.Min(HalfWidth(beside.First), HalfWidth(beside.Second))
        select step;

    private static (float Start, float End) StepAt(float[] values, float cut)
    {
        int above = Array.FindIndex(values, value => value > cut);
        int rows = (int)Math.Round(RowsOfStep * values.Length);
        return (values[Math.Max(0, above - 1 - rows)], values[Math.Min(values.Length - 1, above + rows)]);
    }

    private static float HalfWidth((float Start, float End) range) => (range.End / 2) - (range.Start / 2);

    /// <summary>A factor that makes a value 1, or 0 where there is none to make so.</summary>
    public static float Inverse(float value) => value > 0 ? Math.Min(1 / value, LargestFactor) : 0;
}
