namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Quantiles of samples, linear between neighbours.</summary>
internal static class SampleQuantiles
{
    /// <summary>Quantiles of each column.</summary>
    /// <param name="samples">[rows, columns], row by row, at least one row.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="probabilities">Probabilities.</param>
    /// <returns>[columns, probabilities].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A probability does not lie between 0 and 1.</exception>
    public static float[,] OfColumns(ReadOnlySpan<float> samples, int columns, ReadOnlySpan<double> probabilities)
    {
        float[,] quantiles = new float[columns, probabilities.Length];
        float[] sorted = new float[samples.Length / columns];
        for (int column = 0; column < columns; column++)
        {
            for (int row = 0; row < sorted.Length; row++)
            {
                sorted[row] = samples[(row * columns) + column];
            }

            Array.Sort(sorted);
            for (int i = 0; i < probabilities.Length; i++)
            {
                quantiles[column, i] = At(sorted, probabilities[i]);
            }
        }

        return quantiles;
    }

    private static float At(float[] sorted, double probability)
    {
        if (probability is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "Probabilities must lie between 0 and 1.");
        }

        double position = probability * (sorted.Length - 1);
        int below = (int)position;
        float above = sorted[Math.Min(below + 1, sorted.Length - 1)];
        return (float)(sorted[below] + ((position - below) * (above - sorted[below])));
    }
}
