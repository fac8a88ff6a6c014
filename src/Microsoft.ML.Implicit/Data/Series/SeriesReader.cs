using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads the series in a row.</summary>
internal sealed class SeriesReader
{
    private readonly SeriesColumns _columns;
    private readonly DataViewRow _row;
    private readonly DataViewType _timeType;
    private readonly Func<double[]> _times;
    private readonly Func<float[]>[] _values;
    private readonly ValueGetter<float>[] _statics;
    private readonly Func<string>[] _staticCategories;
    private readonly Func<double[]>? _covariateTimes;
    private readonly string[] _numericCovariates;
    private readonly Func<float[]>[] _covariates;
    private readonly string[] _categoricalCovariates;
    private readonly Func<string[]>[] _covariateCategories;

    public SeriesReader(SeriesColumns columns, DataViewRow row)
    {
        _columns = columns;
        _row = row;
        _timeType = row.Schema[columns.Times].Type;
        _times = TimeReader.CreateVector(row, row.Schema[columns.Times]);
        TimeKind = TimeKinds.Of(row.Schema[columns.Times]);
        _values = [.. columns.Values.Select(Vector)];
        Categories = CategoryColumns.Of(columns, row.Schema);
        string[] categoricalStatics = [.. Categories.Statics.Select(column => column.Name)];
        _statics = [.. columns.Statics.Where(name => !categoricalStatics.Contains(name)).Select(name => row.GetGetter<float>(row.Schema[name]))];
        _staticCategories = [.. categoricalStatics.Select(name => new CategoryReader(row, row.Schema[name]).CreateScalar())];
        _covariateTimes = columns.CovariateTimes is null ? null : TimeReader.CreateVector(row, row.Schema[columns.CovariateTimes]);
        _categoricalCovariates = [.. Categories.Covariates.Select(column => column.Name)];
        _numericCovariates = [.. columns.Covariates.Where(name => !_categoricalCovariates.Contains(name))];
        _covariates = [.. _numericCovariates.Select(Vector)];
        _covariateCategories = [.. _categoricalCovariates.Select(name => new CategoryReader(row, row.Schema[name]).CreateVector())];
    }

    /// <summary>Which columns hold categories.</summary>
    public CategoryColumns Categories { get; }

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
        issues.CoarseTimes += times.Count(time => TimeReader.IsCoarse(_timeType, time));
        float[][] values = ReadAll(_values, _columns.Values, times.Length, _columns.Times);
        double[] covariateTimes = _covariateTimes?.Invoke() ?? [.. times];
        string covariateTimeColumn = _columns.CovariateTimes ?? _columns.Times;
        float[][] covariates = ReadAll(_covariates, _numericCovariates, covariateTimes.Length, covariateTimeColumn);
        string[][] covariateCategories = ReadAll(_covariateCategories, _categoricalCovariates, covariateTimes.Length, covariateTimeColumn);
        float[] statics = new float[_statics.Length];
        for (int i = 0; i < statics.Length; i++)
        {
            _statics[i](ref statics[i]);
        }

        var order = new SeriesOrder(times, issues);
        values = [.. values.Select(variable => order.Average(variable, issues))];
        double end = order.Times.Length > 0 ? order.Times[^1] : double.NaN;
        (times, values) = SeriesOrder.SelectObserved(order.Times, values);
        var covariateOrder = new SeriesOrder(covariateTimes, new SeriesIssues());
        return new TimeSeries(times, values, statics, covariateOrder.Times, [.. covariates.Select(covariate => covariateOrder.Average(covariate, new SeriesIssues()))])
        {
            End = end,
            StaticCategories = [.. _staticCategories.Select(read => read())],
            CovariateCategories = [.. covariateCategories.Select(categories => covariateOrder.SelectFirst(categories, string.IsNullOrEmpty))],
        };
    }

    private T[][] ReadAll<T>(Func<T[]>[] readers, string[] names, int length, string timeColumn)
    {
        var values = new T[readers.Length][];
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
        return reader.ReadArray;
    }
}
