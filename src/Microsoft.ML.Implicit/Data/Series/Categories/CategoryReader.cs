using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads categories as texts: those of a column of text, or the values or numbers of keys; empty where missing.</summary>
internal sealed class CategoryReader
{
    private readonly DataViewSchema.Column _column;
    private readonly DataViewRow _row;
    private readonly string[] _keyValues;

    // Categories are few and rows are many: each text is kept once.
    private readonly HashSet<string> _texts = [];

    public CategoryReader(DataViewRow row, DataViewSchema.Column column)
    {
        _row = row;
        _column = column;
        _keyValues = column.Type.GetItemType() is KeyDataViewType && LabelValues.Of(column) is { } values ? [.. values.Texts] : [];
    }

    /// <summary>Reads a column of one category a row.</summary>
    public Func<string> CreateScalar() => IsText ? Scalar<ReadOnlyMemory<char>>(TextDataViewType.Instance, OfText) : Scalar<ulong>(NumberDataViewType.UInt64, OfKeyWithValue);

    /// <summary>Reads a column of a vector of categories a row.</summary>
    public Func<string[]> CreateVector() => IsText ? Vector<ReadOnlyMemory<char>>(TextDataViewType.Instance, OfText) : Vector<ulong>(NumberDataViewType.UInt64, OfKeyWithValue);

    private bool IsText => _column.Type.GetItemType() is TextDataViewType;

    /// <summary>The category of the number of a key without a value.</summary>
    public static string OfKey(ulong key) => key == 0 ? string.Empty : key.ToString(CultureInfo.InvariantCulture);

    private string OfKeyWithValue(ulong key) => key > 0 && key <= (ulong)_keyValues.Length ? _keyValues[key - 1] : OfKey(key);

    private string OfText(ReadOnlyMemory<char> text)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> texts = _texts.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!texts.TryGetValue(text.Span, out string? known))
        {
            _texts.Add(known = text.ToString());
        }

        return known;
    }

    private Func<string> Scalar<T>(PrimitiveDataViewType type, Func<T, string> convert)
    {
        ValueGetter<T> getter = RowCursorUtils.GetGetterAs<T>(type, _row, _column.Index);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return convert(value);
        };
    }

    private Func<string[]> Vector<T>(PrimitiveDataViewType type, Func<T, string> convert)
    {
        var reader = new VectorReader<T>(_row, _column, type);
        return () => Array.ConvertAll(reader.ReadArray(), value => convert(value));
    }
}
