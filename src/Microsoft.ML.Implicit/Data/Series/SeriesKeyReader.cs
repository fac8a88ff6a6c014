using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads the name of a row's series, whatever its type, as an object that can be compared.</summary>
internal static class SeriesKeyReader
{
    public static Func<object> Create(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type.RawType == typeof(ReadOnlyMemory<char>))
        {
            ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> text = default;
            return () =>
            {
                getter(ref text);
                return text.ToString();
            };
        }

        return (Func<object>)typeof(SeriesKeyReader)
            .GetMethod(nameof(CreateTyped), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(column.Type.RawType)
            .Invoke(null, [row, column])!;
    }

    /// <summary>Creates a getter of the type of the series column.</summary>
    public static Delegate CreateGetter(Type type, Func<object> key) =>
        type == typeof(ReadOnlyMemory<char>)
            ? (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = ((string)key()).AsMemory())
            : (Delegate)typeof(SeriesKeyReader)
                .GetMethod(nameof(CreateTypedGetter), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(type)
                .Invoke(null, [key])!;

    /// <summary>Whether a row's key is that of no series: an empty text, a number that is NaN, or a missing value of a key type.</summary>
    public static bool IsMissing(object key, DataViewType type) => key switch
    {
        string text => text.Length == 0,
        float number => float.IsNaN(number),
        double number => double.IsNaN(number),
        _ => type is KeyDataViewType && Convert.ToUInt64(key, CultureInfo.InvariantCulture) == 0,
    };

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

    private static ValueGetter<T> CreateTypedGetter<T>(Func<object> key) => (ref T value) => value = (T)key();
}
