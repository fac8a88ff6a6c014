namespace Microsoft.ML.Implicit.Data;

/// <summary>Observations of one series as they are collected.</summary>
internal sealed class GroupedSeries(object key, int valueCount, int staticCount)
{
    private readonly List<double> _times = [];
    private readonly List<float>[] _values = [.. Enumerable.Range(0, valueCount).Select(_ => new List<float>())];

    public object Key { get; } = key;

    public double[] Times { get; private set; } = [];

    public float[][] Values { get; private set; } = [];

    public float[] Statics { get; } = [.. Enumerable.Repeat(float.NaN, staticCount)];

    public void Add(double time, ReadOnlySpan<float> values, ReadOnlySpan<float> statics)
    {
        _times.Add(time);
        for (int v = 0; v < values.Length; v++)
        {
            _values[v].Add(values[v]);
        }

        for (int s = 0; s < statics.Length; s++)
        {
            Statics[s] = float.IsNaN(Statics[s]) ? statics[s] : Statics[s];
        }
    }

    /// <summary>Brings the observations into the order of time.</summary>
    public GroupedSeries Complete(SeriesIssues issues)
    {
        (Times, Values) = SeriesOrder.Normalize([.. _times], [.. _values.Select(values => values.ToArray())], issues);
        _times.Clear();
        Array.ForEach(_values, values => values.Clear());
        return this;
    }
}
