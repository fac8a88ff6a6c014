using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A buffer of vectors, sparse ones as they are.</summary>
/// <typeparam name="T">The .NET type of an item.</typeparam>
internal sealed class VectorBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private readonly ValueGetter<VBuffer<T>> _getter = source.GetGetter<VBuffer<T>>(column);
    private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];
    private VBuffer<T> _read;

    // A source may give every row the same array, filled anew.
    public override void Read(int slot)
    {
        _getter(ref _read);
        _read.CopyTo(ref _values[slot]);
    }

    public override Delegate CreateGetter(Func<int> slot) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[slot()].CopyTo(ref value));
}
