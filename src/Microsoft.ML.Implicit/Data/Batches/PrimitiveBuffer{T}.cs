namespace Microsoft.ML.Implicit.Data;

/// <summary>A buffer of primitive values.</summary>
/// <typeparam name="T">The .NET type of a value.</typeparam>
internal sealed class PrimitiveBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private readonly ValueGetter<T> _getter = source.GetGetter<T>(column);
    private readonly T[] _values = new T[capacity];

    public override void Read(int slot) => _getter(ref _values[slot]);

    public override Delegate CreateGetter(Func<int> slot) => (ValueGetter<T>)((ref T value) => value = _values[slot()]);
}
