using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Feature vectors of a batch of rows and their scores.</summary>
internal sealed class DeepEquilibriumBatch : RowBatch
{
    private readonly DeepEquilibriumModelParameters _model;
    private readonly VectorReader<float> _reader;
    private readonly float[] _features;
    private readonly bool[] _isFinite;
    private readonly float[] _scores;

    public DeepEquilibriumBatch(DeepEquilibriumModelParameters model, VectorReader<float> reader, int capacity)
    {
        _model = model;
        _reader = reader;
        _features = new float[capacity * model.FeatureCount];
        _isFinite = new bool[capacity];
        _scores = new float[capacity * model.Task.OutputWidth];
    }

    public override void Read(int slot)
    {
        Span<float> row = _features.AsSpan(slot * _model.FeatureCount, _model.FeatureCount);
        _reader.Read(row);

        _isFinite[slot] = TensorPrimitives.IsFiniteAll<float>(row);
        if (!_isFinite[slot])
        {
            row.Clear();
        }
    }

    public override void Evaluate(int count)
    {
        int width = _model.Task.OutputWidth;
        _model.Score(_features.AsSpan(0, count * _model.FeatureCount), _scores.AsSpan(0, count * width));
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
