using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Label values of one type.</summary>
/// <typeparam name="T">The .NET type of a value.</typeparam>
internal sealed class LabelValues<T> : LabelValues
{
    private readonly VBuffer<T> _values;

    public LabelValues(VectorDataViewType type, VBuffer<T> values)
        : base(type) => _values = values;

    public override IEnumerable<string> Texts => _values.DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);

    public override void AddTo(DataViewSchema.Annotations.Builder annotations, string kind) =>
        annotations.Add(kind, Type, (ref VBuffer<T> destination) => _values.CopyTo(ref destination));

    public override void Write(IHost host, Stream stream)
    {
        var saver = new BinarySaver(host, new BinarySaver.Arguments());
        VBuffer<T> values = _values;
        if (!saver.TryWriteTypeAndValue(stream, Type, ref values, out _))
        {
            throw new NotSupportedException($"Label values of type {Type.ItemType} cannot be saved.");
        }
    }
}
