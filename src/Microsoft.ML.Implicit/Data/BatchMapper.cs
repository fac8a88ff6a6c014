namespace Microsoft.ML.Implicit.Data;

/// <summary>A function from rows to new columns that is evaluated for many rows at once.</summary>
internal abstract class BatchMapper
{
    /// <summary>Rows evaluated together when a data view is read.</summary>
    public abstract int BatchSize { get; }

    /// <summary>Names of the columns that the function reads.</summary>
    public abstract IReadOnlyList<string> InputColumnNames { get; }

    /// <summary>Checks the input columns and describes the new ones.</summary>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training.</exception>
    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema);

    /// <summary>Creates a buffer of rows that are read from <paramref name="source"/>.</summary>
    public abstract RowBatch CreateBatch(DataViewRow source, int capacity);
}
