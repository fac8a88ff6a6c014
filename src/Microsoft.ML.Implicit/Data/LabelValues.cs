using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Data;

/// <summary>The values behind the keys of a column: what each class of a label, or each category, is called.</summary>
internal abstract class LabelValues
{
    private protected LabelValues(VectorDataViewType type) => Type = type;

    /// <summary>A vector with one value a class.</summary>
    public VectorDataViewType Type { get; }

    /// <summary>The values as texts, key by key.</summary>
    public abstract IEnumerable<string> Texts { get; }

    /// <summary>The values of a column of keys, or <see langword="null"/> if it has none of known number.</summary>
    public static LabelValues? Of(DataViewSchema.Column label)
    {
        DataViewSchema.Column? values = label.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues);
        return values?.Type is VectorDataViewType { IsKnownSize: true } type
            ? Create(nameof(FromAnnotations), type.ItemType.RawType, type, label.Annotations)
            : null;
    }

    public static LabelValues Read(IHost host, Stream stream)
    {
        var saver = new BinarySaver(host, new BinarySaver.Arguments());
        return saver.TryLoadTypeAndValue(stream, out DataViewType type, out object value) && type is VectorDataViewType vector
            ? Create(nameof(FromValue), vector.ItemType.RawType, vector, value)
            : throw new FormatException("The model file does not hold valid label values.");
    }

    /// <summary>Whether the same values stand for the same classes.</summary>
    public bool IsLike(LabelValues? other) => other is not null && other.Type.Equals(Type) && other.Texts.SequenceEqual(Texts);

    /// <summary>Adds the values as an annotation.</summary>
    public abstract void AddTo(DataViewSchema.Annotations.Builder annotations, string kind);

    public abstract void Write(IHost host, Stream stream);

    private static LabelValues Create(string factory, Type itemType, params object[] arguments) =>
        (LabelValues)typeof(LabelValues)
            .GetMethod(factory, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(itemType)
            .Invoke(null, arguments)!;

    private static LabelValues<T> FromAnnotations<T>(VectorDataViewType type, DataViewSchema.Annotations annotations)
    {
        VBuffer<T> values = default;
        annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref values);
        return new LabelValues<T>(type, values);
    }

    private static LabelValues<T> FromValue<T>(VectorDataViewType type, VBuffer<T> values) => new(type, values);
}
