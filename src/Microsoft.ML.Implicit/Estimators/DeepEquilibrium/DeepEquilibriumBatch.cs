using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Feature vectors of a batch of rows and their scores.</summary>
internal sealed class DeepEquilibriumBatch : RowBatch
{
    private readonly DeepEquilibriumModelParameters _model;
    private readonly VectorReader<float> _reader;
    private readonly VBuffer<float>[] _rows;
    private readonly bool[] _isFinite;
    private readonly float[] _scores;

    public DeepEquilibriumBatch(DeepEquilibriumModelParameters model, VectorReader<float> reader, int capacity)
    {
        _model = model;
        _reader = reader;
        _rows = new VBuffer<float>[capacity];
        _isFinite = new bool[capacity];
        _scores = new float[capacity * model.Task.OutputWidth];
    }

    public override void Read(int slot)
    {
        VBuffer<float> row = _reader.Read();
        ReadOnlySpan<float> values = row.GetValues();
        _isFinite[slot] = values.IsEmpty || TensorPrimitives.IsFiniteAll(values);
        if (_isFinite[slot])
        {
            row.CopyTo(ref _rows[slot]);
        }
        else
        {
            _rows[slot] = new VBuffer<float>(_model.FeatureCount, 0, [], []);
        }
    }

    public override void Evaluate(int count)
    {
        int width = _model.Task.OutputWidth;
        _model.Score(_rows, count, _scores);
        for (int slot = 0; slot < count; slot++)
        {
            if (!_isFinite[slot])
            {
                _scores.AsSpan(slot * width, width).Fill(float.NaN);
            }
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => _model.Task.CreateGetter(column, _scores, slot);
}
