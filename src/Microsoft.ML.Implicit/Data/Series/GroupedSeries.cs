namespace Microsoft.ML.Implicit.Data;

/// <summary>Observations of one series as they are collected.</summary>
/// <param name="key">What names the series.</param>
/// <param name="row">The row that each observation is read from.</param>
internal sealed class GroupedSeries(object key, ObservationRow row)
{
    private readonly List<double> _times = [];
    private readonly List<float>[] _numbers = [.. Enumerable.Range(0, row.NumberCount).Select(_ => new List<float>())];
    private readonly List<object>[] _names = [.. row.Names.Select(_ => new List<object>())];

    public object Key { get; } = key;

    public double[] Times { get; private set; } = [];

    /// <summary>Columns of values that are numbers.</summary>
    public float[][] Numbers { get; private set; } = [];

    /// <summary>Columns of values that are names.</summary>
    public object[][] Names { get; private set; } = [];

    /// <summary>What holds for the whole series: the first that is not missing.</summary>
    public object[] Statics { get; } = new object[row.Statics.Length];

    /// <summary>Takes in the observation of the current row.</summary>
    public void Add(SeriesIssues issues)
    {
        _times.Add(row.ReadTime(issues));
        for (int i = 0; i < _numbers.Length; i++)
        {
            _numbers[i].Add(row.ReadNumber(i));
        }

        for (int i = 0; i < _names.Length; i++)
        {
            _names[i].Add(row.Names[i].Read());
        }

        for (int i = 0; i < Statics.Length; i++)
        {
            Statics[i] = Statics[i] is { } known && !row.Statics[i].IsMissing(known) ? known : row.Statics[i].Read();
        }
    }

    /// <summary>Brings the observations into the order of time.</summary>
    public GroupedSeries Complete(SeriesIssues issues)
    {
        var order = new SeriesOrder([.. _times], issues);
        Times = order.Times;
        Numbers = [.. _numbers.Select(values => order.Average([.. values], issues))];
        Names = [.. _names.Select((names, i) => order.SelectFirst([.. names], row.Names[i].IsMissing))];
        _times.Clear();
        Array.ForEach(_numbers, values => values.Clear());
        Array.ForEach(_names, names => names.Clear());
        return this;
    }
}
