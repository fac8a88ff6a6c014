namespace Microsoft.ML.Implicit.Data;

/// <summary>Getters as rows and cursors give them out, refused as ML.NET's own refuse them.</summary>
internal static class ColumnGetters
{
    /// <exception cref="InvalidOperationException">The column's values have another type.</exception>
    public static ValueGetter<TValue> As<TValue>(this Delegate getter, DataViewSchema.Column column) =>
        getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is read as {column.Type.RawType}, not as {typeof(TValue)}.");

    /// <exception cref="ArgumentOutOfRangeException">The column is not active.</exception>
    public static void CheckActive(this DataViewRow row, DataViewSchema.Column column)
    {
        if (!row.IsColumnActive(column))
        {
            throw new ArgumentOutOfRangeException(nameof(column), $"Column '{column.Name}' is not active: it was not asked for when the rows were opened.");
        }
    }
}
