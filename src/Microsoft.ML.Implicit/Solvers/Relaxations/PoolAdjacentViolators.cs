namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>
/// Isotonic regression by pooling adjacent violators (Best and Chakravarti, 1990, "Active set algorithms for isotonic regression"): the sequence that falls nowhere and is
/// nearest to the values is their mean within blocks. Linear time.
/// </summary>
internal static class PoolAdjacentViolators
{
    /// <summary>Finds the blocks of values.</summary>
    /// <param name="values">The values, finite.</param>
    /// <param name="blocks">Receives the block of each value, the index of its first.</param>
    public static void Solve(ReadOnlySpan<double> values, Span<long> blocks) => Solve(values, new double[values.Length], blocks);

    /// <summary>Finds the blocks of differences, of which each part may be far larger or smaller than the other.</summary>
    /// <param name="values">What is taken from, finite.</param>
    /// <param name="taken">What is taken, finite.</param>
    /// <param name="blocks">Receives the block of each difference, the index of its first.</param>
    public static void Solve(ReadOnlySpan<double> values, ReadOnlySpan<double> taken, Span<long> blocks)
    {
        (double Value, double Taken, int Count)[] pooled = new (double, double, int)[values.Length];
        int last = -1;
        for (int i = 0; i < values.Length; i++)
        {
            pooled[++last] = (values[i], taken[i], 1);

            // Means are compared part by part: a difference of both would lose the smaller part to rounding.
            while (last > 0 && pooled[last - 1].Value - pooled[last].Value >= pooled[last - 1].Taken - pooled[last].Taken)
            {
                int count = pooled[last - 1].Count + pooled[last].Count;
                double share = pooled[last].Count / (double)count;
                pooled[last - 1] = (
                    pooled[last - 1].Value + (share * (pooled[last].Value - pooled[last - 1].Value)),
                    pooled[last - 1].Taken + (share * (pooled[last].Taken - pooled[last - 1].Taken)),
                    count);
                last--;
            }
        }

        for (int block = 0, start = 0; block <= last; start += pooled[block++].Count)
        {
            blocks.Slice(start, pooled[block].Count).Fill(start);
        }
    }
}
