namespace Microsoft.ML.Implicit.Data;

/// <summary>A lazy view: the source's columns and those of a <see cref="BatchMapper"/>, evaluated batch by batch as rows are read.</summary>
internal sealed class BatchedDataView : IDataView
{
    private readonly IDataView _source;
    private readonly BatchMapper _mapper;

    public BatchedDataView(IDataView source, BatchMapper mapper)
    {
        _source = source;
        _mapper = mapper;
        Schema = AppendColumns(source.Schema, mapper.GetOutputColumns(source.Schema));
    }

    // Look-ahead needs two cursors that agree on the order of rows.
    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public static DataViewSchema AppendColumns(DataViewSchema schema, IEnumerable<DataViewSchema.DetachedColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(schema);
        foreach (DataViewSchema.DetachedColumn column in columns)
        {
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        }

        return builder.ToSchema();
    }

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        int sourceCount = _source.Schema.Count;
        DataViewRowCursor rows = _source.GetRowCursor(needed.Where(c => c.Index < sourceCount).Select(c => _source.Schema[c.Index]));
        bool[] isOutputActive = new bool[Schema.Count - sourceCount];
        foreach (DataViewSchema.Column column in needed.Where(c => c.Index >= sourceCount))
        {
            isOutputActive[column.Index - sourceCount] = true;
        }

        DataViewRowCursor? lookAhead = isOutputActive.Contains(true)
            ? _source.GetRowCursor(_mapper.InputColumnNames.Select(name => _source.Schema[name]))
            : null;
        return new BatchedCursor(Schema, _mapper, rows, lookAhead, isOutputActive);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
