namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>
/// Isotonic regression by pooling adjacent violators (Best and Chakravarti, 1990, "Active set algorithms for isotonic regression"): the sequence that falls nowhere and is
/// nearest to the values is their mean within blocks. Linear time.
/// </summary>
internal static class PoolAdjacentViolators
{
    /// <summary>Finds the blocks.</summary>
    /// <param name="values">The values, finite.</param>
    /// <param name="blocks">Receives the block of each value, from 0 on in order.</param>
    public static void Solve(ReadOnlySpan<double> values, Span<long> blocks)
    {
        (double Sum, int Count)[] pooled = new (double, int)[values.Length];
        int last = -1;
        foreach (double value in values)
        {
            pooled[++last] = (value, 1);
            while (last > 0 && pooled[last - 1].Sum / pooled[last - 1].Count >= pooled[last].Sum / pooled[last].Count)
            {
                pooled[last - 1] = (pooled[last - 1].Sum + pooled[last].Sum, pooled[last - 1].Count + pooled[last].Count);
                last--;
            }
        }

        for (int block = 0, start = 0; block <= last; start += pooled[block++].Count)
        {
            blocks.Slice(start, pooled[block].Count).Fill(block);
        }
    }
}
