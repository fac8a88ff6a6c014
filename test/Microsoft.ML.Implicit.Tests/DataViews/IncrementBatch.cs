using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>Numbers of a batch of rows and those that follow them.</summary>
internal sealed class IncrementBatch(IncrementMapper mapper, ValueGetter<float> getter, int capacity) : RowBatch
{
    private readonly float[] _inputs = new float[capacity];
    private readonly float[] _outputs = new float[capacity];

    public override void Read(int slot)
    {
        getter(ref _inputs[slot]);
        if (_inputs[slot] == mapper.Refused)
        {
            throw new InvalidOperationException("refused");
        }
    }

    public override void Evaluate(int count)
    {
        Assert.IsGreaterThan(0, count);
        for (int slot = 0; slot < count; slot++)
        {
            _outputs[slot] = _inputs[slot] + 1;
        }

        lock (mapper)
        {
            mapper.Evaluated += count;
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot) => (ValueGetter<float>)((ref float value) => value = _outputs[slot()]);
}
