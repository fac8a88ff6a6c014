using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names of what rows belong to, such as a store or a patient, as texts.</summary>
internal static class GroupName
{
    /// <exception cref="ArgumentException">The column is missing, or holds neither text, keys nor numbers.</exception>
    public static void Check(SchemaShape schema, string setting, string name) => InputColumns.Check(
        schema, setting, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && IsName(column.ItemType, column.IsKey), "text, a key or a number");

    /// <summary>Finds the column that a trained model reads.</summary>
    /// <exception cref="ArgumentException">The column is missing, or holds neither text, keys nor numbers.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}', which the model reads.", nameof(schema));
        return IsName(column.Type, column.Type is KeyDataViewType)
            ? column
            : throw new ArgumentException($"Column '{name}' holds {column.Type}; the model reads text, a key or a number.", nameof(schema));
    }

    /// <summary>Reads the name of the current row; empty where it is missing.</summary>
    public static Func<string> CreateReader(DataViewRow row, DataViewSchema.Column column)
    {
        if (CategoryColumn.Of(column) is not null)
        {
            return new CategoryReader(row, column).CreateScalar();
        }

        var reader = new NameReader(row, column);
        return () => reader.Read() is var name && reader.IsMissing(name) ? string.Empty : Convert.ToString(name, CultureInfo.InvariantCulture)!;
    }

    private static bool IsName(DataViewType type, bool isKey) => isKey || type is TextDataViewType or NumberDataViewType;
}
