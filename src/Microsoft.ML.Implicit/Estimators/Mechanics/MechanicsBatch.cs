using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of a batch of rows and their forecasts.</summary>
internal sealed class MechanicsBatch(MechanicsModelParameters model, SeriesReader reader, Func<double[]>? times, MechanicsColumns columns, int capacity) : RowBatch
{
    private readonly TimeSeries[] _series = new TimeSeries[capacity];
    private readonly double[][] _targets = new double[capacity][];
    private readonly MotionForecast[] _forecasts = new MotionForecast[capacity];

    public override void Read(int slot)
    {
        TimeSeries series = reader.Read(new SeriesIssues());
        _series[slot] = series;
        _targets[slot] = times?.Invoke() ?? [.. columns.Horizon.Select(ahead => series.End + ahead)];
        if (series.Count > 0)
        {
            ForecastReach.Check(_targets[slot], series.Times[^1], model.TrainedHorizon, reader.TimeKind, $"Row {reader.Position}: ");
        }
    }

    public override void Evaluate(int count)
    {
        int[] known = [.. Enumerable.Range(0, count).Where(slot => _series[slot].Count > 0)];
        for (int slot = 0; slot < count; slot++)
        {
            _forecasts[slot] = new MotionForecast([.. Enumerable.Repeat(float.NaN, _targets[slot].Length * model.Columns.Values.Length)], float.NaN, []);
        }

        if (known.Length > 0)
        {
            MotionForecast[] forecasts = model.Forecast([.. known.Select(slot => _series[slot])], [.. known.Select(slot => _targets[slot])]);
            for (int i = 0; i < known.Length; i++)
            {
                _forecasts[known[i]] = forecasts[i];
            }
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot)
    {
        string name = columns.Names[column];
        if (name == columns.Energy)
        {
            return (ValueGetter<float>)((ref float value) => value = _forecasts[slot()].Energy);
        }

        return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            float[] source = name == columns.EnergyHistory ? _forecasts[slot()].EnergyHistory
                : name == columns.Forecast ? _forecasts[slot()].Values
                : Bound(slot(), name == columns.Upper ? 1 : -1);
            VBufferEditor<float> editor = VBufferEditor.Create(ref value, source.Length);
            source.CopyTo(editor.Values);
            value = editor.Commit();
        });
    }

    private float[] Bound(int slot, int side)
    {
        double[] targets = _targets[slot];
        return [.. _forecasts[slot].Values.Select((value, i) => float.IsNaN(value)
            ? value
            : (float)(value + (side * model.Errors!.At(i / targets.Length, targets[i % targets.Length] - _series[slot].Times[^1]))))];
    }
}
