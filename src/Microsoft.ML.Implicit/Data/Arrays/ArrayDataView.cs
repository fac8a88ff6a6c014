namespace Microsoft.ML.Implicit.Data;

/// <summary>A view of rows in memory, whose columns have the types and annotations of those of another view.</summary>
internal sealed class ArrayDataView : IDataView
{
    private readonly IReadOnlyList<ArrayColumn> _columns;
    private readonly int _rowCount;

    public ArrayDataView(IReadOnlyList<ArrayColumn> columns, int rowCount)
    {
        (_columns, _rowCount) = (columns, rowCount);
        var builder = new DataViewSchema.Builder();
        foreach (ArrayColumn column in columns)
        {
            builder.AddColumn(column.Source.Name, column.Source.Type, column.Source.Annotations);
        }

        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => _rowCount;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new ArrayCursor(Schema, _columns, _rowCount, columnsNeeded.Select(column => column.Index).ToHashSet());

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}
