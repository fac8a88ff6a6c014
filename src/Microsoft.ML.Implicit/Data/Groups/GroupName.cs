using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names of what rows belong to, such as a store or a patient, as texts.</summary>
internal static class GroupName
{
    /// <exception cref="ArgumentException">The column is missing, or holds neither text, keys nor numbers.</exception>
    public static void Check(SchemaShape schema, string setting, string name) => InputColumns.Check(
        schema, setting, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && IsName(column.ItemType, column.IsKey), "text, a key or a number");

    /// <summary>What the names of a column are: of the values of keys where they have any. Names of different kinds are never the same ones.</summary>
    public static string KindOf(DataViewSchema.Column column)
    {
        DataViewType? values = column.Type is KeyDataViewType
            ? column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues)?.Type.GetItemType()
            : column.Type;
        return values switch
        {
            null => "keys without values",
            NumberDataViewType => "numbers",
            _ => "text",
        };
    }

    /// <summary>Finds the column that a trained model reads.</summary>
    /// <param name="schema">Columns.</param>
    /// <param name="name">The column's name.</param>
    /// <param name="kind">What <see cref="KindOf"/> said of the column in training, or <see langword="null"/> if that is not known.</param>
    /// <exception cref="ArgumentException">The column is missing, or holds neither text, keys nor numbers, or another kind of them than in training.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name, string? kind)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}', which the model reads.", nameof(schema));
        if (!IsName(column.Type, column.Type is KeyDataViewType))
        {
            throw new ArgumentException($"Column '{name}' holds {column.Type}; the model reads text, a key or a number.", nameof(schema));
        }

        return kind is null || kind == KindOf(column)
            ? column
            : throw new ArgumentException($"The names in column '{name}' are {KindOf(column)} ({column.Type}); the model was trained on {kind}.", nameof(schema));
    }

    /// <summary>Reads the name of the current row; empty where it is missing.</summary>
    public static Func<string> CreateReader(DataViewRow row, DataViewSchema.Column column)
    {
        if (CategoryColumn.Of(column) is not null)
        {
            return new CategoryReader(row, column).CreateScalar();
        }

        var reader = new NameReader(row, column);
        return () => reader.Read() is var name && reader.IsMissing(name) ? string.Empty : OfNumber(name);
    }

    // The same number has the same name in every type: a Single is the shortest decimal number that it stands for, and whole numbers have no exponent.
    private static string OfNumber(object number) => number switch
    {
        float single => OfDouble(double.Parse(single.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)),
        double value => OfDouble(value),
        _ => Convert.ToString(number, CultureInfo.InvariantCulture)!,
    };

    private static string OfDouble(double value) => double.IsInteger(value) && Math.Abs(value) < long.MaxValue
        ? ((long)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString(CultureInfo.InvariantCulture);

    private static bool IsName(DataViewType type, bool isKey) => isKey || type is TextDataViewType or NumberDataViewType;
}
