using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads what a row names, such as its series or a category, whatever the type, as an object that can be compared.</summary>
internal sealed class NameReader
{
    private readonly DataViewType _type;
    private readonly Func<object> _read;

    public NameReader(DataViewRow row, DataViewSchema.Column column)
    {
        _type = column.Type;
        _read = _type.RawType == typeof(ReadOnlyMemory<char>)
            ? CreateText(row, column)
            : (Func<object>)Invoke(nameof(CreateTyped), _type.RawType, row, column);
    }

    public object Read() => _read();

    /// <summary>Whether a name is that of nothing: an empty text, a number that is NaN, or a missing value of a key type.</summary>
    public bool IsMissing(object name) => name switch
    {
        string text => text.Length == 0,
        float number => float.IsNaN(number),
        double number => double.IsNaN(number),
        _ => _type is KeyDataViewType && Convert.ToUInt64(name, CultureInfo.InvariantCulture) == 0,
    };

    /// <summary>Creates a getter of names in a column of the type that they were read from.</summary>
    public static Delegate CreateGetter(Type type, Func<object> name) => type == typeof(ReadOnlyMemory<char>)
        ? (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = ((string)name()).AsMemory())
        : (Delegate)Invoke(nameof(CreateTypedGetter), type, name);

    /// <summary>Creates a getter of vectors of names whose items have the type that they were read from.</summary>
    public static Delegate CreateVectorGetter(Type type, Func<object[]> names) => type == typeof(ReadOnlyMemory<char>)
        ? VectorGetter.Create(() => Array.ConvertAll(names(), name => ((string)name).AsMemory()))
        : (Delegate)Invoke(nameof(CreateTypedVectorGetter), type, names);

    private static Func<object> CreateText(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        return () =>
        {
            getter(ref text);
            return text.ToString();
        };
    }

    private static Func<object> CreateTyped<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return value!;
        };
    }

    private static ValueGetter<T> CreateTypedGetter<T>(Func<object> name) => (ref T value) => value = (T)name();

    private static ValueGetter<VBuffer<T>> CreateTypedVectorGetter<T>(Func<object[]> names) =>
        VectorGetter.Create(() => Array.ConvertAll(names(), name => (T)name));

    private static object Invoke(string factory, Type type, params object[] arguments) =>
        typeof(NameReader).GetMethod(factory, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, arguments)!;
}
