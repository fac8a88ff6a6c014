namespace Microsoft.ML.Implicit.Data;

/// <summary>Brings observations into the order of time: missing times dropped, observations at one time merged.</summary>
internal static class SeriesOrder
{
    /// <param name="times">Times, in any order.</param>
    /// <param name="values">One array a variable, as long as <paramref name="times"/>.</param>
    /// <param name="issues">Counts what was repaired.</param>
    /// <returns>Strictly increasing finite times with their values; infinite values have become NaN.</returns>
    public static (double[] Times, float[][] Values) Normalize(double[] times, float[][] values, SeriesIssues issues)
    {
        MarkInfinite(values, issues);
        bool isIncreasing = true;
        bool isSorted = true;
        for (int i = 0; i < times.Length; i++)
        {
            isIncreasing &= double.IsFinite(times[i]) && (i == 0 || times[i] > times[i - 1]);
            isSorted &= i == 0 || !(times[i] < times[i - 1]);
        }

        if (isIncreasing)
        {
            return (times, values);
        }

        issues.UnsortedSeries += isSorted ? 0 : 1;
        int[] order = [.. Enumerable.Range(0, times.Length).Where(i => double.IsFinite(times[i])).OrderBy(i => times[i])];
        issues.MissingTimes += times.Length - order.Length;
        double[] distinct = [.. order.Select(i => times[i]).Distinct()];
        issues.DuplicateTimes += order.Length - distinct.Length;
        return (distinct, [.. values.Select(variable => Merge(times, variable, order, distinct))]);
    }

    /// <summary>Leaves out the times at which no variable was observed: they say nothing.</summary>
    public static (double[] Times, float[][] Values) SelectObserved(double[] times, float[][] values)
    {
        int[] observed = [.. Enumerable.Range(0, times.Length).Where(i => Array.Exists(values, variable => float.IsFinite(variable[i])))];
        return observed.Length == times.Length
            ? (times, values)
            : ([.. observed.Select(i => times[i])], [.. values.Select(variable => observed.Select(i => variable[i]).ToArray())]);
    }

    private static void MarkInfinite(float[][] values, SeriesIssues issues)
    {
        foreach (float[] variable in values)
        {
            for (int i = 0; i < variable.Length; i++)
            {
                if (float.IsInfinity(variable[i]))
                {
                    variable[i] = float.NaN;
                    issues.InfiniteValues++;
                }
            }
        }
    }

    private static float[] Merge(double[] times, float[] variable, int[] order, double[] distinct)
    {
        var merged = new CoincidentMean[distinct.Length];
        for (int i = 0, next = 0; i < distinct.Length; i++)
        {
            for (; next < order.Length && times[order[next]] == distinct[i]; next++)
            {
                merged[i].Add(variable[order[next]]);
            }
        }

        return [.. merged.Select(mean => mean.Value)];
    }
}
