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

    /// <exception cref="ArgumentException">The column is missing, or is no scalar of Single; a name that is <see langword="null"/> is none to check.</exception>
    public static void CheckWeight(IExceptionContext context, SchemaShape schema, string? name)
    {
        if (name is not null)
        {
            CheckScalar(context, Find(context, schema, "weight", name), "weight", NumberDataViewType.Single);
        }
    }
}
