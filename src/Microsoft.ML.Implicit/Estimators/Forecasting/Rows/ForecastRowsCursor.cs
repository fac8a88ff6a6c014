using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Goes from forecast to forecast: series by series, variable by variable, in the order of time.</summary>
internal sealed class ForecastRowsCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _source;
    private readonly ForecastRowsSource _columns;
    private readonly HashSet<int> _active;
    private readonly Func<double[]> _readTimes;
    private readonly VectorReader<float> _readForecast;
    private readonly VectorReader<float>? _readLower;
    private readonly VectorReader<float>? _readUpper;
    private readonly VectorReader<float>? _readQuantiles;
    private double[] _times = [];
    private float[] _forecast = [];
    private float[] _lower = [];
    private float[] _upper = [];
    private float[] _quantiles = [];
    private int _slot;
    private long _position = -1;

    public ForecastRowsCursor(DataViewSchema schema, DataViewRowCursor source, ForecastRowsSource columns, HashSet<int> active)
    {
        Schema = schema;
        _source = source;
        _columns = columns;
        _active = active;
        _readTimes = TimeReader.CreateVector(source, columns.Times);
        _readForecast = new VectorReader<float>(source, columns.Forecast);
        _readLower = columns.Lower is { } lower ? new VectorReader<float>(source, lower) : null;
        _readQuantiles = columns.Quantiles is { } quantiles ? new VectorReader<float>(source, quantiles) : null;
        _readUpper = columns.Upper is { } upper ? new VectorReader<float>(source, upper) : null;
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => 0;

    public override bool MoveNext()
    {
        _slot++;
        while (_slot >= _times.Length * _columns.Variables.Length)
        {
            if (!_source.MoveNext())
            {
                _position = -1;
                return false;
            }

            _times = _columns.ForecastTimes(_readTimes());
            _forecast = _readForecast.ReadArray();
            _lower = Bounds(_readLower);
            _upper = Bounds(_readUpper);
            _quantiles = _readQuantiles is null ? [] : _readQuantiles.ReadArray();
            _slot = 0;
        }

        _position++;
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        this.CheckActive(column);
        return column.Name == ForecastRowsView.Series ? _source.GetGetter<TValue>(_columns.Series!.Value) : CreateGetter(column.Name).As<TValue>(column);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }

    private Delegate CreateGetter(string name) => name switch
    {
        ForecastRowsView.Time => CreateTimeGetter(),
        ForecastRowsView.Variable => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _columns.Variables[_slot / _times.Length]),
        ForecastRowsView.Value => (ValueGetter<float>)((ref float value) => value = _forecast[_slot]),
        ForecastRowsView.Lower => (ValueGetter<float>)((ref float value) => value = _lower[_slot]),
        ForecastRowsView.Upper => (ValueGetter<float>)((ref float value) => value = _upper[_slot]),
        _ => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => value = new VBuffer<float>(_columns.QuantileCount, [.. _quantiles.AsSpan(_slot * _columns.QuantileCount, _columns.QuantileCount)])),
    };

    private Delegate CreateTimeGetter() => _columns.TimeKind switch
    {
        TimeKind.DateTime => (ValueGetter<DateTime>)((ref DateTime value) => value = TimeKinds.ToDateTime(CurrentTime())),
        TimeKind.DateTimeOffset => (ValueGetter<DateTimeOffset>)((ref DateTimeOffset value) => value = TimeKinds.ToDateTimeOffset(CurrentTime())),
        TimeKind.TimeSpan => (ValueGetter<TimeSpan>)((ref TimeSpan value) => value = TimeKinds.ToTimeSpan(CurrentTime())),
        _ => (ValueGetter<double>)((ref double value) => value = CurrentTime()),
    };

    private double CurrentTime() => _times[_slot % _times.Length];

    private float[] Bounds(VectorReader<float>? reader)
    {
        if (reader is not null)
        {
            return reader.ReadArray();
        }

        float[] unknown = new float[_forecast.Length];
        Array.Fill(unknown, float.NaN);
        return unknown;
    }
}
