namespace Microsoft.ML.Implicit.Data;

/// <summary>The order of time of a series' observations: missing times dropped, observations at one time merged.</summary>
internal sealed class SeriesOrder
{
    private readonly double[] _given;
    private readonly int[]? _order;

    /// <param name="times">Times, in any order.</param>
    /// <param name="issues">Counts what was repaired.</param>
    public SeriesOrder(double[] times, SeriesIssues issues)
    {
        (_given, Times) = (times, times);
        bool isIncreasing = true;
        bool isSorted = true;
        for (int i = 0; i < times.Length; i++)
        {
            isIncreasing &= double.IsFinite(times[i]) && (i == 0 || times[i] > times[i - 1]);
            isSorted &= i == 0 || !(times[i] < times[i - 1]);
        }

        if (isIncreasing)
        {
            return;
        }

        issues.UnsortedSeries += isSorted ? 0 : 1;
        _order = [.. Enumerable.Range(0, times.Length).Where(i => double.IsFinite(times[i])).OrderBy(i => times[i])];
        issues.MissingTimes += times.Length - _order.Length;
        Times = [.. _order.Select(i => times[i]).Distinct()];
        issues.DuplicateTimes += _order.Length - Times.Length;
    }

    /// <summary>Strictly increasing finite times.</summary>
    public double[] Times { get; }

    /// <summary>Values at the times, infinite ones missing: the mean of those at one time.</summary>
    /// <param name="values">Values at the times that were given.</param>
    /// <param name="issues">Counts what was repaired.</param>
    public float[] Average(float[] values, SeriesIssues issues)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (float.IsInfinity(values[i]))
            {
                values[i] = float.NaN;
                issues.InfiniteValues++;
            }
        }

        return Merge(values, same =>
        {
            var mean = default(CoincidentMean);
            foreach (float value in same)
            {
                mean.Add(value);
            }

            return mean.Value;
        });
    }

    /// <summary>Names at the times: the first that is not missing of those at one time.</summary>
    /// <param name="names">Names at the times that were given.</param>
    /// <param name="isMissing">Whether a name is that of nothing.</param>
    public T[] SelectFirst<T>(T[] names, Predicate<T> isMissing)
        where T : class =>
        Merge(names, same => Array.Find(same, name => !isMissing(name)) ?? same[0]);

    /// <summary>Leaves out the times at which no variable was observed: they say nothing.</summary>
    public static (double[] Times, float[][] Values) SelectObserved(double[] times, float[][] values)
    {
        bool[] isObserved = new bool[times.Length];
        foreach (float[] variable in values)
        {
            for (int i = 0; i < times.Length; i++)
            {
                isObserved[i] |= float.IsFinite(variable[i]);
            }
        }

        return Array.TrueForAll(isObserved, observed => observed)
            ? (times, values)
            : ([.. times.Where((_, i) => isObserved[i])], [.. values.Select(variable => variable.Where((_, i) => isObserved[i]).ToArray())]);
    }

    private T[] Merge<T>(T[] values, Func<T[], T> merge)
    {
        if (_order is null)
        {
            return values;
        }

        var merged = new T[Times.Length];
        for (int i = 0, next = 0; i < merged.Length; i++)
        {
            int first = next;
            while (next < _order.Length && _given[_order[next]] == Times[i])
            {
                next++;
            }

            merged[i] = merge([.. _order[first..next].Select(place => values[place])]);
        }

        return merged;
    }
}
