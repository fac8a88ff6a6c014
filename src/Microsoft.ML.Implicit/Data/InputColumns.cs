using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Checks input columns. Messages name the option that names a column.</summary>
internal static class InputColumns
{
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public static SchemaShape.Column Find(SchemaShape schema, string setting, string name) => schema.TryFindColumn(name, out SchemaShape.Column column)
        ? column
        : throw new ArgumentException($"The data has no column '{name}', which {setting} names.", setting);

    /// <exception cref="ArgumentException">The column is not valid.</exception>
    public static SchemaShape.Column Check(SchemaShape.Column column, string setting, Func<SchemaShape.Column, bool> isValid, string expected) => isValid(column)
        ? column
        : throw new ArgumentException($"Column '{column.Name}', which {setting} names, holds {column.GetTypeString()}; expected {expected}.", setting);

    /// <exception cref="ArgumentException">The column is missing or not valid.</exception>
    public static SchemaShape.Column Check(SchemaShape schema, string setting, string name, Func<SchemaShape.Column, bool> isValid, string expected) =>
        Check(Find(schema, setting, name), setting, isValid, expected);

    /// <exception cref="ArgumentException">The column is no scalar of the given type.</exception>
    public static void CheckScalar(SchemaShape.Column column, string setting, DataViewType type) =>
        Check(column, setting, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && !column.IsKey && column.ItemType.Equals(type), type.ToString()!);

    /// <exception cref="ArgumentException">The column is missing, or is no vector of Single of known size.</exception>
    public static void CheckVector(SchemaShape schema, string setting, string name) => Check(
        schema,
        setting,
        name,
        column => column.Kind == SchemaShape.Column.VectorKind.Vector && !column.IsKey && column.ItemType.Equals(NumberDataViewType.Single),
        "a vector of Single of known size");

    /// <exception cref="ArgumentException">The column is missing, or is no scalar of Single; a name that is <see langword="null"/> is none to check.</exception>
    public static void CheckWeight(SchemaShape schema, string? name, string setting = "ExampleWeightColumnName")
    {
        if (name is not null)
        {
            CheckScalar(Find(schema, setting, name), setting, NumberDataViewType.Single);
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
}
