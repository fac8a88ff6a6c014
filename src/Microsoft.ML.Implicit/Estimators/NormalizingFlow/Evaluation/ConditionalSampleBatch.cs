using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Contexts of a batch of rows and a sample for each: NaN where the context is not finite.</summary>
internal sealed class ConditionalSampleBatch : RowBatch
{
    private readonly NormalizingFlowModelParameters _model;
    private readonly VectorReader<float> _reader;
    private readonly ValueGetter<DataViewRowId> _getId;
    private readonly int _seed;
    private readonly float[] _contexts;
    private readonly bool[] _isFinite;
    private DataViewRowId _firstId;
    private float[] _samples = [];

    public ConditionalSampleBatch(NormalizingFlowModelParameters model, DataViewRow source, string contextColumnName, int seed, int capacity)
    {
        _model = model;
        _reader = new VectorReader<float>(source, source.Schema[contextColumnName]);
        _getId = source.GetIdGetter();
        _seed = seed;
        _contexts = new float[capacity * model.ContextCount];
        _isFinite = new bool[capacity];
    }

    public override void Read(int slot)
    {
        if (slot == 0)
        {
            _getId(ref _firstId);
        }

        Span<float> context = _contexts.AsSpan(slot * _model.ContextCount, _model.ContextCount);
        _reader.Read(context);
        _isFinite[slot] = TensorPrimitives.IsFiniteAll<float>(context);
        if (!_isFinite[slot])
        {
            context.Clear();
        }
    }

    // Batches differ in the id of their first row, also those that parallel cursors read.
    public override void Evaluate(int count)
    {
        _samples = _model.Draw(_contexts.AsSpan(0, count * _model.ContextCount), unchecked((_seed * 486187739) + _firstId.GetHashCode()));
        for (int slot = 0; slot < count; slot++)
        {
            if (!_isFinite[slot])
            {
                Sample(slot).Fill(float.NaN);
            }
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, _model.FeatureCount);
        Sample(slot()).CopyTo(editor.Values);
        value = editor.Commit();
    });

    private Span<float> Sample(int slot) => _samples.AsSpan(slot * _model.FeatureCount, _model.FeatureCount);
}
