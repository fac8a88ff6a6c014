using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns of any number of numbers a row, which <see cref="PointReader"/> reads.</summary>
internal static class PointColumn
{
    /// <exception cref="ArgumentException">The column is missing, or is not of Single or Double.</exception>
    public static SchemaShape.Column Check(SchemaShape schema, string setting, string name, bool mayBeScalar = false) => InputColumns.Check(
        schema,
        setting,
        name,
        column => (mayBeScalar || column.Kind != SchemaShape.Column.VectorKind.Scalar) && !column.IsKey && NumberColumns.IsNumber(column.ItemType),
        Wanted(mayBeScalar));

    /// <exception cref="ArgumentException">The column is missing, or is not of Single or Double.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name, bool mayBeScalar = false)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name) ?? throw new ArgumentException($"The data has no column '{name}', which the transformer reads.", nameof(schema));
        return (mayBeScalar || column.Type is VectorDataViewType) && NumberColumns.IsNumber(column.Type.GetItemType())
            ? column
            : throw new ArgumentException($"Column '{name}' holds {column.Type}; the transformer reads {Wanted(mayBeScalar)}.", nameof(schema));
    }

    private static string Wanted(bool mayBeScalar) => mayBeScalar ? "a scalar or vector of Single or Double" : "a vector of Single or Double";
}
