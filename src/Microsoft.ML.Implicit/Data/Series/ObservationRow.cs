using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>An observation of long-format data: what a cursor's current row says.</summary>
internal sealed class ObservationRow
{
    private static readonly object SingleSeries = new();

    private readonly NameReader? _series;
    private readonly DataViewType _timeType;
    private readonly Func<double> _time;
    private readonly ValueGetter<float>[] _numbers;

    public ObservationRow(SeriesGrouping grouping, DataViewRow row)
    {
        _series = grouping.Series is null ? null : new NameReader(row, row.Schema[grouping.Series]);
        _timeType = row.Schema[grouping.Time].Type;
        _time = TimeReader.CreateScalar(row, row.Schema[grouping.Time]);
        _numbers = [.. grouping.Numbers(row.Schema).Select(name => row.GetGetter<float>(row.Schema[name]))];
        Names = [.. grouping.Names(row.Schema).Select(name => new NameReader(row, row.Schema[name]))];
        Statics = [.. grouping.Statics.Select(name => new NameReader(row, row.Schema[name]))];
    }

    public int NumberCount => _numbers.Length;

    /// <summary>Values that are names.</summary>
    public NameReader[] Names { get; }

    /// <summary>What holds for the whole series.</summary>
    public NameReader[] Statics { get; }

    public object ReadKey(SeriesIssues issues)
    {
        object key = _series?.Read() ?? SingleSeries;
        issues.UnnamedRows += _series is not null && _series.IsMissing(key) ? 1 : 0;
        return key;
    }

    public double ReadTime(SeriesIssues issues)
    {
        double time = _time();
        issues.CoarseTimes += TimeReader.IsCoarse(_timeType, time) ? 1 : 0;
        return time;
    }

    public float ReadNumber(int index)
    {
        float value = default;
        _numbers[index](ref value);
        return value;
    }
}
