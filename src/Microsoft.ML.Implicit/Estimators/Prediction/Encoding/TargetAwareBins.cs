namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Cuts the range of one feature where the classes change: the bins are the leaves of a decision tree on that feature alone
/// (Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features", 2022, section 3.2), grown largest information
/// gain first.
/// </summary>
internal sealed class TargetAwareBins
{
    private const int MinimumLeaf = 5;

    private readonly float[] _values;
    private readonly int[] _classes;
    private readonly long[] _below;
    private readonly long[] _above;
    private readonly PriorityQueue<(int First, int Cut, int End), double> _splits = new();

    private TargetAwareBins(float[] values, int[] classes)
    {
        _values = values;
        _classes = classes;
        _below = new long[classes.Max() + 1];
        _above = new long[_below.Length];
    }

    /// <summary>Finds the bins.</summary>
    /// <param name="values">Value of the feature a row, ascending.</param>
    /// <param name="classes">Class a row, from 0, in the same order.</param>
    /// <param name="maximumBins">Bins at most.</param>
    /// <returns>Ascending edges, one more than there are bins; a single one for a constant feature.</returns>
    public static float[] Edges(float[] values, int[] classes, int maximumBins) => new TargetAwareBins(values, classes).Grow(maximumBins);

    private float[] Grow(int maximumBins)
    {
        var edges = new List<float> { _values[0], _values[^1] };
        Propose(0, _values.Length);
        while (edges.Count <= maximumBins && _splits.TryDequeue(out (int First, int Cut, int End) split, out _))
        {
            edges.Add((_values[split.Cut - 1] / 2) + (_values[split.Cut] / 2));
            Propose(split.First, split.Cut);
            Propose(split.Cut, split.End);
        }

        return [.. edges.Order().Distinct()];
    }

    // Puts the best split of the rows from first to end in line, if one gains anything.
    private void Propose(int first, int end)
    {
        Array.Clear(_below);
        Array.Clear(_above);
        foreach (int label in _classes.AsSpan(first, end - first))
        {
            _above[label]++;
        }

        double entropyAbove = _above.Sum(NegativeEntropy);
        double whole = entropyAbove - NegativeEntropy(end - first);
        double entropyBelow = 0;
        double best = 1e-9 * (end - first);
        int cut = 0;
        for (int row = first; row < end - MinimumLeaf; row++)
        {
            int label = _classes[row];
            entropyBelow += NegativeEntropy(_below[label] + 1) - NegativeEntropy(_below[label]);
            entropyAbove += NegativeEntropy(_above[label] - 1) - NegativeEntropy(_above[label]);
            _below[label]++;
            _above[label]--;
            int below = row + 1 - first;
            if (below < MinimumLeaf || _values[row] == _values[row + 1])
            {
                continue;
            }

            double gain = entropyBelow - NegativeEntropy(below) + entropyAbove - NegativeEntropy(end - first - below) - whole;
            if (gain > best)
            {
                (best, cut) = (gain, row + 1);
            }
        }

        if (cut > 0)
        {
            _splits.Enqueue((first, cut, end), -best);
        }
    }

    private static double NegativeEntropy(long count) => count > 0 ? count * Math.Log(count) : 0;
}
