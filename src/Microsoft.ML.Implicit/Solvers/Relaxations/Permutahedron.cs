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
        double[] excess = [.. rising.Select((value, i) => (value / strength) - (i + 1))];
        long[] blocks = new long[count];
        PoolAdjacentViolators.Solve(excess, blocks);
        double[] ranks = new double[count];
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start; end < count && blocks[end] == blocks[start]; end++)
            {
            }

            double mean = excess.AsSpan(start, end - start).ToArray().Average();
            for (int i = start; i < end; i++)
            {
                ranks[order[i]] = (rising[i] / strength) - mean;
            }
        }

        return ranks;
    }
}
