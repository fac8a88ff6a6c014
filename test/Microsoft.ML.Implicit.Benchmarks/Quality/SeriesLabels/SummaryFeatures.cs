namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>What trees are told of a series: of each channel its last value, mean, extremes, slope, number of values and the time since the last one; and its gaps.</summary>
internal static class SummaryFeatures
{
    public static float[] Of(LabelledSeries series)
    {
        double[] gaps = [.. series.Time.Skip(1).Zip(series.Time, (next, time) => next - time).DefaultIfEmpty(0)];
        return
        [
            series.Static,
            series.Time.Length,
            (float)(series.Time[^1] - series.Time[0]),
            (float)gaps.Average(),
            (float)gaps.Max(),
            .. series.Channels.SelectMany(values => Of(series.Time, values)),
        ];
    }

    private static IEnumerable<float> Of(double[] times, float[] values)
    {
        (double Time, double Value)[] known = [.. times.Zip(values, (time, value) => (time, (double)value)).Where(pair => double.IsFinite(pair.Item2))];
        if (known.Length == 0)
        {
            return [float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, 0, float.NaN];
        }

        double time = known.Average(pair => pair.Time), mean = known.Average(pair => pair.Value);
        double spread = known.Sum(pair => (pair.Time - time) * (pair.Time - time));
        double slope = spread > 0 ? known.Sum(pair => (pair.Time - time) * (pair.Value - mean)) / spread : 0;
        return [(float)known[^1].Value, (float)mean, (float)known.Min(pair => pair.Value), (float)known.Max(pair => pair.Value), (float)slope, known.Length, (float)(times[^1] - known[^1].Time)];
    }
}
