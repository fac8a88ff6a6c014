namespace Microsoft.ML.Implicit.Data;

/// <summary>Brings observations into the order of time: missing times dropped, repeated times averaged.</summary>
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
        return (distinct, [.. values.Select(variable => AverageRepeated(times, variable, order, distinct))]);
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

    private static float[] AverageRepeated(double[] times, float[] variable, int[] order, double[] distinct)
    {
        float[] averages = new float[distinct.Length];
        for (int i = 0, next = 0; i < distinct.Length; i++)
        {
            double sum = 0;
            int count = 0;
            for (; next < order.Length && times[order[next]] == distinct[i]; next++)
            {
                float value = variable[order[next]];
                if (!float.IsNaN(value))
                {
                    sum += value;
                    count++;
                }
            }

            averages[i] = count == 0 ? float.NaN : (float)(sum / count);
        }

        return averages;
    }
}
