namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>Soft ranks in managed memory: the projection of values onto the hull of all orders of 1 to n (Blondel, Teboul, Berthet and Djolonga, 2020).</summary>
internal static class Permutahedron
{
    /// <param name="values">Finite values.</param>
    /// <param name="strength">Width over which neighbours blend, in units of the values.</param>
    /// <returns>Ranks from 1 for the least.</returns>
    public static double[] Rank(ReadOnlySpan<double> values, double strength)
    {
        int count = values.Length;
        double[] rising = values.ToArray();
        int[] order = [.. Enumerable.Range(0, count)];
        Array.Sort(rising, order);

        // In rising order what is taken from each value is the isotonic regression of its excess over its rank.
        long[] blocks = new long[count];
        PoolAdjacentViolators.Solve(rising, [.. Enumerable.Range(1, count).Select(rank => strength * rank)], blocks);
        double[] ranks = new double[count];
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start; end < count && blocks[end] == start; end++)
            {
            }

            double[] within = [.. rising[start..end].Select(value => (value - rising[start]) / strength)];
            double shift = (0.5 * (start + 1 + end)) - within.Average();
            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = within[i - start] + shift;
            }
        }

        return ranks;
    }
}
