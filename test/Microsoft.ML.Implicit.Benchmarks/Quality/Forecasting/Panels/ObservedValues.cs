namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The observed values of a variable, with their times.</summary>
internal sealed class ObservedValues
{
    private readonly double _end;

    public ObservedValues(SeriesRow history, int variable)
    {
        float[] values = history.Value(variable);
        int[] observed = [.. Enumerable.Range(0, values.Length).Where(i => float.IsFinite(values[i]))];
        Times = Array.ConvertAll(observed, i => history.Time[i]);
        Values = Array.ConvertAll(observed, i => values[i]);
        _end = history.Time[^1];
    }

    public double[] Times { get; }

    public float[] Values { get; }

    /// <summary>The value nearest to one or more whole periods before a time ahead; NaN where none is observed.</summary>
    public float SeasonBefore(double time, double period)
    {
        if (Values.Length == 0)
        {
            return float.NaN;
        }

        double wanted = time - (period * Math.Ceiling((time - _end) / period));
        int after = Array.BinarySearch(Times, wanted);
        after = after < 0 ? Math.Min(~after, Times.Length - 1) : after;
        int before = Math.Max(0, after - 1);
        return Values[wanted - Times[before] <= Times[after] - wanted ? before : after];
    }
}
