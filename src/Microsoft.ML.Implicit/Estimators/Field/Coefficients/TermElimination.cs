namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Leaves terms out one after another, each time that which the residuals miss least where they are linear, and fits the others to what is left.</summary>
internal static class TermElimination
{
    /// <param name="full">The fit of all terms.</param>
    /// <param name="inverse">The inverse of its information, (JᵀJ)⁻¹, row by row.</param>
    /// <param name="mayLeave">Whether a place may be left out.</param>
    /// <returns>Ever shorter sums, without the full one.</returns>
    public static IEnumerable<WeightedSum> From(WeightedSum full, double[] inverse, Predicate<int> mayLeave)
    {
        List<int> left = [.. Enumerable.Range(0, full.Places.Length)];
        int width = left.Count;
        double[] weights = [.. full.Weights], covariance = [.. inverse];
        while (true)
        {
            int[] candidates = [.. left.Where(i => mayLeave(full.Places[i]))];
            if (candidates.Length == 0)
            {
                yield break;
            }

            // What the sum of squares rises by without it (Hassibi and Stork, 1993, equation 5).
            int gone = candidates.MinBy(i => weights[i] * weights[i] / covariance[(i * width) + i]);
            double variance = covariance[(gone * width) + gone], weight = weights[gone];
            double[] column = [.. Enumerable.Range(0, width).Select(i => covariance[(i * width) + gone])];
            left.Remove(gone);
            foreach (int i in left)
            {
                weights[i] -= column[i] * weight / variance;
                foreach (int j in left)
                {
                    covariance[(i * width) + j] -= column[i] * column[j] / variance;
                }
            }

            yield return new WeightedSum([.. left.Select(i => full.Places[i])], [.. left.Select(i => weights[i])]);
        }
    }
}
