using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Checks an estimator's input columns, with ML.NET's own messages.</summary>
internal static class InputColumns
{
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public static SchemaShape.Column Find(IExceptionContext context, SchemaShape schema, string role, string name) =>
        schema.TryFindColumn(name, out SchemaShape.Column column) ? column : throw context.ExceptSchemaMismatch(nameof(schema), role, name);

    /// <exception cref="ArgumentException">The column is no scalar of the given type.</exception>
    public static void CheckScalar(IExceptionContext context, SchemaShape.Column column, string role, DataViewType type)
    {
        if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.IsKey || !column.ItemType.Equals(type))
        {
            throw context.ExceptSchemaMismatch("schema", role, column.Name, type.ToString(), column.GetTypeString());
        }
    }

    /// <exception cref="ArgumentException">The column is missing, or is no vector of Single of known size.</exception>
    public static void CheckVector(IExceptionContext context, SchemaShape schema, string role, string name)
    {
        SchemaShape.Column column = Find(context, schema, role, name);
        if (column.Kind != SchemaShape.Column.VectorKind.Vector || !column.ItemType.Equals(NumberDataViewType.Single) || column.IsKey)
        {
            throw context.ExceptSchemaMismatch(nameof(schema), role, name, "Vector<Single> of known size", column.GetTypeString());
        }
    }

    /// <summary>Finds the vector that a trained model reads.</summary>
    /// <exception cref="ArgumentException">The column is missing, or is no vector of Single of the given length.</exception>
    public static DataViewSchema.Column FindVector(DataViewSchema schema, string name, int length)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(name)
            ?? throw new ArgumentException($"The data has no column '{name}', which the model reads.", nameof(schema));
        var expected = new VectorDataViewType(NumberDataViewType.Single, length);
        return column.Type is VectorDataViewType { IsKnownSize: true } type && type.ItemType.Equals(expected.ItemType) && type.Size == length
            ? column
            : throw new ArgumentException($"Column '{name}' holds {column.Type}; the model was trained on {expected}.", nameof(schema));
    }

    /// <exception cref="ArgumentException">The column is missing, or is no scalar of Single; a name that is <see langword="null"/> is none to check.</exception>
    public static void CheckWeight(IExceptionContext context, SchemaShape schema, string? name)
    {
        if (name is not null)
        {
            CheckScalar(context, Find(context, schema, "weight", name), "weight", NumberDataViewType.Single);
        }
    }
}
