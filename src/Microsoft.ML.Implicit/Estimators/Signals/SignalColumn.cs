using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns of vectors of numbers, of known or varying length.</summary>
internal static class SignalColumn
{
    /// <exception cref="ArgumentException">The column is missing, or is no vector of Single or Double.</exception>
    public static SchemaShape.Column Check(SchemaShape schema, string setting, string name) => InputColumns.Check(
        schema,
        setting,
        name,
        column => column.Kind != SchemaShape.Column.VectorKind.Scalar && !column.IsKey && NumberColumns.IsNumber(column.ItemType),
        "a vector of Single or Double");

    /// <exception cref="ArgumentException">The column is missing, or is no vector of Single or Double.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}', which the transformer reads.", nameof(schema));
        return column.Type is VectorDataViewType vector && NumberColumns.IsNumber(vector.ItemType)
            ? column
            : throw new ArgumentException($"Column '{name}' holds {column.Type}; the transformer reads a vector of Single or Double.", nameof(schema));
    }

    /// <summary>The column that is written where another is read.</summary>
    public static SchemaShape.Column Promise(string name, SchemaShape.Column input) => new(name, input.Kind, NumberDataViewType.Single, isKey: false, new SchemaShape([]));
}
