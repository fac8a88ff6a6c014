using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A batch of incomplete rows of bits, and what completes them.</summary>
internal sealed class CompletionBatch(BitReader reader, int capacity, CompletionOutputs outputs, MaximumSatisfiabilityModelParameters model) : RowBatch
{
    private readonly int _bits = model.BitCount;
    private readonly float[] _values = new float[capacity * model.BitCount];
    private readonly bool[] _isKnown = new bool[capacity * model.BitCount];
    private readonly float[] _probabilities = new float[capacity * model.BitCount];

    public override void Read(int slot) => reader.Read(_values.AsSpan(slot * _bits, _bits), _isKnown.AsSpan(slot * _bits, _bits));

    public override void Evaluate(int count)
    {
        if (count == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor values = NativeTensor.Of(_values[..(count * _bits)], [count, _bits]);
        Tensor isKnown = tensor(_isKnown[..(count * _bits)], [count, _bits]).clone();
        model.Complete(values, isKnown, outputs.Rounds).contiguous().data<float>().CopyTo(_probabilities);
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, _bits);
        int first = slot() * _bits;
        for (int bit = 0; bit < _bits; bit++)
        {
            float probability = _probabilities[first + bit];
            editor.Values[bit] = column == 1 ? Math.Abs((2 * probability) - 1)
                : _isKnown[first + bit] || float.IsNaN(probability) ? probability
                : probability > 0.5f ? 1 : 0;
        }

        value = editor.Commit();
    });
}
