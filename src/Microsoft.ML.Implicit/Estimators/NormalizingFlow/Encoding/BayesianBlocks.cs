namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The piecewise constant density of one feature with the highest penalised likelihood, found by dynamic programming
/// (Scargle, Norris, Jackson and Chiang, Studies in astronomical time series analysis VI: Bayesian block
/// representations, 2013). It follows spikes and gaps that equal bins or quantiles blur.
/// </summary>
internal static class BayesianBlocks
{
    private const int MaximumCells = 800;
    private const double FalsePositiveRate = 0.05;

    /// <summary>Finds the blocks.</summary>
    /// <param name="sorted">Values, increasing.</param>
    /// <param name="maximumBlocks">Limit on their number.</param>
    /// <returns>
    /// Edges, strictly increasing, and the fraction of values below each; a single edge where all values are equal.
    /// </returns>
    public static (double[] Edges, double[] Fractions) Find(ReadOnlySpan<double> sorted, int maximumBlocks)
    {
        (double[] edges, double[] counts) = Cells(sorted);
        if (counts.Length == 1)
        {
            return ([sorted[0]], [0.5]);
        }

        // Equation 21 of the paper.
        double penalty = 4 - Math.Log(73.53 * FalsePositiveRate * Math.Pow(sorted.Length, -0.478));
        List<int> starts = Partition(edges, counts, penalty);
        while (starts.Count > maximumBlocks)
        {
            penalty *= 1.5;
            starts = Partition(edges, counts, penalty);
        }

        double[] below = new double[edges.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            below[i + 1] = below[i] + counts[i];
        }

        int[] chosen = [.. starts, counts.Length];
        double total = sorted.Length;
        return ([.. chosen.Select(i => edges[i])], [.. chosen.Select(i => below[i] / total)]);
    }

    // Cells between the middles of neighbouring distinct values; many values share a cell.
    private static (double[] Edges, double[] Counts) Cells(ReadOnlySpan<double> sorted)
    {
        var edges = new List<double> { double.NaN };
        var counts = new List<double>();
        int enough = Math.Max(1, sorted.Length / MaximumCells);
        int first = 0;
        double firstGap = double.NaN;
        double lastGap = double.NaN;
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i] == sorted[i - 1])
            {
                continue;
            }

            lastGap = sorted[i] - sorted[i - 1];
            firstGap = double.IsNaN(firstGap) ? lastGap : firstGap;
            double middle = sorted[i - 1] + lastGap / 2;
            if (i - first >= enough && middle > sorted[i - 1] && middle < sorted[i])
            {
                edges.Add(middle);
                counts.Add(i - first);
                first = i;
            }
        }

        counts.Add(sorted.Length - first);
        edges[0] = sorted[0] - firstGap / 2;
        edges.Add(sorted[^1] + lastGap / 2);
        return ([.. edges], [.. counts]);
    }

    // Index of the first cell of each block.
    private static List<int> Partition(double[] edges, double[] counts, double penalty)
    {
        double[] best = new double[counts.Length + 1];
        int[] start = new int[counts.Length + 1];
        for (int end = 1; end <= counts.Length; end++)
        {
            best[end] = double.NegativeInfinity;
            double count = 0;
            for (int from = end - 1; from >= 0; from--)
            {
                count += counts[from];
                double fitness = best[from] + count * Math.Log(count / (edges[end] - edges[from])) - penalty;
                if (fitness > best[end])
                {
                    (best[end], start[end]) = (fitness, from);
                }
            }
        }

        var starts = new List<int>();
        for (int end = counts.Length; end > 0; end = start[end])
        {
            starts.Add(start[end]);
        }

        starts.Reverse();
        return starts;
    }
}
