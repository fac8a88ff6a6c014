using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Feature vectors of a batch of rows and their scores.</summary>
internal sealed class PredictionBatch : RowBatch
{
    private readonly PredictionModelParameters _model;
    private readonly VectorReader<float> _reader;
    private readonly VBuffer<float>[] _rows;
    private readonly bool[] _canRead;
    private readonly float[] _scores;
    private readonly float[]? _evaluations;

    public PredictionBatch(PredictionModelParameters model, VectorReader<float> reader, int capacity, bool countsEvaluations)
    {
        _model = model;
        _reader = reader;
        _rows = new VBuffer<float>[capacity];
        _canRead = new bool[capacity];
        _scores = new float[capacity * model.Task.OutputWidth];
        _evaluations = countsEvaluations ? new float[capacity] : null;
    }

    public override void Read(int slot)
    {
        VBuffer<float> features = _reader.Read();
        _canRead[slot] = _model.TryRead(in features, ref _rows[slot]);
        if (!_canRead[slot])
        {
            _rows[slot] = new VBuffer<float>(_model.Architecture.FeatureCount, 0, [], []);
        }
    }

    public override void Evaluate(int count)
    {
        int width = _model.Task.OutputWidth;
        _model.Score(_rows, count, _scores, _evaluations);
        for (int slot = 0; slot < count; slot++)
        {
            if (!_canRead[slot])
            {
                _scores.AsSpan(slot * width, width).Fill(float.NaN);
                if (_evaluations is not null)
                {
                    _evaluations[slot] = float.NaN;
                }
            }
        }
    }

    // The column of evaluations stands behind those of the task.
    public override Delegate CreateGetter(int column, Func<int> slot) => _evaluations is not null && column == _model.Task.ColumnCount
        ? (ValueGetter<float>)((ref float value) => value = _evaluations[slot()])
        : _model.Task.CreateGetter(column, _scores, slot);
}
