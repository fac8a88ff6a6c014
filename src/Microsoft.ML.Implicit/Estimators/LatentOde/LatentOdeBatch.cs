using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of a batch of rows and their forecasts.</summary>
internal sealed class LatentOdeBatch : RowBatch
{
    private readonly LatentOdeModelParameters _model;
    private readonly SeriesReader _reader;
    private readonly Func<double[]>? _times;
    private readonly ForecastColumns _columns;
    private readonly TimeSeries[] _series;
    private readonly double[][] _targets;
    private readonly SeriesForecast[] _forecasts;

    public LatentOdeBatch(LatentOdeModelParameters model, SeriesReader reader, Func<double[]>? times, ForecastColumns columns, int capacity)
    {
        _model = model;
        _reader = reader;
        _times = times;
        _columns = columns;
        _series = new TimeSeries[capacity];
        _targets = new double[capacity][];
        _forecasts = new SeriesForecast[capacity];
    }

    public override void Read(int slot)
    {
        TimeSeries series = _reader.Read(new SeriesIssues());
        _series[slot] = series;
        _targets[slot] = _times?.Invoke() ?? [.. _columns.Horizon.Select(ahead => series.End + ahead)];
        if (series.Count > 0)
        {
            ForecastReach.Check(_targets[slot], series.Times[^1], _model.TrainedHorizon, _reader.TimeKind, $"Row {_reader.Position}: ");
        }
    }

    public override void Evaluate(int count)
    {
        int[] known = [.. Enumerable.Range(0, count).Where(slot => _series[slot].Count > 0 && _targets[slot].Length > 0)];
        for (int slot = 0; slot < count; slot++)
        {
            _forecasts[slot] = Unknown(_targets[slot].Length);
        }

        if (known.Length == 0)
        {
            return;
        }

        SeriesForecast[] forecasts = _model.Forecast([.. known.Select(slot => _series[slot])], [.. known.Select(slot => _targets[slot])]);
        for (int i = 0; i < known.Length; i++)
        {
            _forecasts[known[i]] = forecasts[i];
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot)
    {
        Func<SeriesForecast, float[]> select = _columns.Selector(_columns.Names[column], _model.Quantiles);
        return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            float[] source = select(_forecasts[slot()]);
            VBufferEditor<float> editor = VBufferEditor.Create(ref value, source.Length);
            source.CopyTo(editor.Values);
            value = editor.Commit();
        });
    }

    private SeriesForecast Unknown(int times)
    {
        float[] missing = new float[times * _model.Scaling.Variables.Length];
        Array.Fill(missing, float.NaN);
        return new SeriesForecast(missing, missing, missing);
    }
}
