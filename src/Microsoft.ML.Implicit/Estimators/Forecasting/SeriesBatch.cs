using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Series of a batch of rows and what a forecaster says of them.</summary>
/// <typeparam name="T">What it says of one.</typeparam>
internal abstract class SeriesBatch<T> : RowBatch
{
    private readonly SeriesReader _reader;
    private readonly Func<double[]>? _times;
    private readonly double[] _horizon;
    private readonly double _trainedHorizon;
    private readonly TimeSeries[] _series;
    private readonly double[][] _targets;
    private readonly T[] _results;

    /// <param name="model">The forecaster.</param>
    /// <param name="reader">Reads the series.</param>
    /// <param name="times">Reads the times to forecast at, or <see langword="null"/> where they are given ahead of the series' end.</param>
    /// <param name="horizon">Times after a series' end.</param>
    /// <param name="capacity">Number of rows.</param>
    protected SeriesBatch(ForecastModelParameters model, SeriesReader reader, Func<double[]>? times, double[] horizon, int capacity)
    {
        (Variables, _reader, _times, _horizon) = (model.Scaling.Variables.Length, reader, times, horizon);
        _trainedHorizon = model.TrainedHorizon;
        _series = new TimeSeries[capacity];
        _targets = new double[capacity][];
        _results = new T[capacity];
    }

    /// <summary>Number of variables.</summary>
    protected int Variables { get; }

    public override void Read(int slot)
    {
        TimeSeries series = _reader.Read(new SeriesIssues());
        _series[slot] = series;
        _targets[slot] = _times?.Invoke() ?? [.. _horizon.Select(ahead => series.End + ahead)];
        if (series.Count > 0)
        {
            ForecastReach.Check(_targets[slot], series.Times[^1], _trainedHorizon, _reader.TimeKind, $"Row {_reader.Position}: ");
        }
    }

    public override void Evaluate(int count)
    {
        int[] known = [.. Enumerable.Range(0, count).Where(slot => _series[slot].Count > 0 && _targets[slot].Length > 0)];
        for (int slot = 0; slot < count; slot++)
        {
            _results[slot] = Unknown(_targets[slot].Length);
        }

        if (known.Length == 0)
        {
            return;
        }

        T[] results = Evaluate([.. known.Select(slot => _series[slot])], [.. known.Select(slot => _targets[slot])]);
        for (int i = 0; i < known.Length; i++)
        {
            _results[known[i]] = results[i];
        }
    }

    protected abstract T[] Evaluate(TimeSeries[] series, double[][] targets);

    /// <summary>What is said of a series of which nothing is known, at so many times.</summary>
    protected abstract T Unknown(int times);

    protected ValueGetter<VBuffer<float>> CreateVectorGetter(Func<T, float[]> select, Func<int> slot) => (ref VBuffer<float> value) =>
    {
        float[] source = select(_results[slot()]);
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, source.Length);
        source.CopyTo(editor.Values);
        value = editor.Commit();
    };
}
