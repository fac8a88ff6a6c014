namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The score from which on a row counts as an anomaly.</summary>
internal static class AnomalyThreshold
{
    // What rounding in single precision moves a score by, as a fraction of it.
    private const double RelativeRounding = 1e-6;

    /// <summary>
    /// The threshold that flags as many training rows as the contamination allows, and never more. A row's score depends on the rows
    /// it is scored with, to within the tolerance: scores no further apart than that count as equal, and equal rows are flagged all or none.
    /// </summary>
    /// <param name="scores">Scores of the training rows, at least one.</param>
    /// <param name="contamination">Largest fraction of them to be flagged, from 0 to 1/2.</param>
    /// <param name="tolerance">Tolerance of the scores.</param>
    public static float Of(ReadOnlySpan<float> scores, double contamination, double tolerance)
    {
        float[] sorted = scores.ToArray();
        Array.Sort(sorted);
        int flagged = (int)(contamination * sorted.Length);
        double highestNormal = sorted[^(flagged + 1)];
        double equalUpTo = highestNormal + tolerance + (RelativeRounding * Math.Abs(highestNormal));
        return flagged == 0 ? (float)equalUpTo : (float)Math.Max(equalUpTo, (highestNormal + sorted[^flagged]) / 2);
    }
}
