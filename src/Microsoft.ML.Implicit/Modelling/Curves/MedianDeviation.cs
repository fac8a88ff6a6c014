namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>The scale of numbers of which up to half may be anything.</summary>
internal static class MedianDeviation
{
    // Of a normal distribution, the standard deviation in units of the median of magnitudes.
    private const double Normal = 1.4826;

    /// <summary>The standard deviation that normal numbers of this median of magnitudes have.</summary>
    public static double Of(ReadOnlySpan<double> deviations)
    {
        double[] magnitudes = deviations.ToArray();
        for (int i = 0; i < magnitudes.Length; i++)
        {
            magnitudes[i] = Math.Abs(magnitudes[i]);
        }

        return Normal * Median(magnitudes);
    }

    /// <summary>The middle one of numbers, of two the lower.</summary>
    public static double Median(ReadOnlySpan<double> numbers)
    {
        double[] sorted = numbers.ToArray();
        Array.Sort(sorted);
        return sorted[(sorted.Length - 1) / 2];
    }
}
