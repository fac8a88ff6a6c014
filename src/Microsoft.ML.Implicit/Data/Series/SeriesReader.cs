namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads the series in a row.</summary>
internal sealed class SeriesReader
{
    private readonly SeriesColumns _columns;
    private readonly DataViewRow _row;
    private readonly Func<double[]> _times;
    private readonly Func<float[]>[] _values;
    private readonly ValueGetter<float>[] _statics;
    private readonly Func<double[]>? _covariateTimes;
    private readonly Func<float[]>[] _covariates;

    public SeriesReader(SeriesColumns columns, DataViewRow row)
    {
        _columns = columns;
        _row = row;
        _times = TimeReader.CreateVector(row, row.Schema[columns.Times]);
        TimeKind = TimeKinds.Of(row.Schema[columns.Times]);
        _values = [.. columns.Values.Select(Vector)];
        _statics = [.. columns.Statics.Select(name => row.GetGetter<float>(row.Schema[name]))];
        _covariateTimes = columns.CovariateTimes is null ? null : TimeReader.CreateVector(row, row.Schema[columns.CovariateTimes]);
        _covariates = [.. columns.Covariates.Select(Vector)];
    }

    /// <summary>How the column of times tells them.</summary>
    public TimeKind TimeKind { get; }

    /// <summary>Number of the source's current row.</summary>
    public long Position => _row.Position;

    /// <summary>Reads the series in the source's current row.</summary>
    /// <param name="issues">Counts what was repaired.</param>
    /// <exception cref="InvalidOperationException">Columns that belong together differ in length, or one from what its type declares.</exception>
    public TimeSeries Read(SeriesIssues issues)
    {
        double[] times = _times();
        float[][] values = ReadAll(_values, _columns.Values, times.Length, _columns.Times);
        double[] covariateTimes = _covariateTimes?.Invoke() ?? [.. times];
        float[][] covariates = ReadAll(_covariates, _columns.Covariates, covariateTimes.Length, _columns.CovariateTimes ?? _columns.Times);
        float[] statics = new float[_statics.Length];
        for (int i = 0; i < statics.Length; i++)
        {
            _statics[i](ref statics[i]);
        }

        (times, values) = SeriesOrder.Normalize(times, values, issues);
        double end = times.Length > 0 ? times[^1] : double.NaN;
        (times, values) = SeriesOrder.SelectObserved(times, values);
        (covariateTimes, covariates) = SeriesOrder.Normalize(covariateTimes, covariates, new SeriesIssues());
        return new TimeSeries(times, values, statics, covariateTimes, covariates) { End = end };
    }

    private float[][] ReadAll(Func<float[]>[] readers, string[] names, int length, string timeColumn)
    {
        float[][] values = new float[readers.Length][];
        for (int i = 0; i < readers.Length; i++)
        {
            values[i] = readers[i]();
            if (values[i].Length != length)
            {
                throw new InvalidOperationException(
                    $"Row {_row.Position}: column '{names[i]}' holds {values[i].Length} values, but column '{timeColumn}' holds {length} times.");
            }
        }

        return values;
    }

    private Func<float[]> Vector(string name)
    {
        var reader = new VectorReader<float>(_row, _row.Schema[name]);
        return () => [.. reader.Read().DenseValues()];
    }
}
