namespace Microsoft.ML.Implicit.Data;

/// <summary>A lazy view: the source's columns and those of a <see cref="BatchMapper"/>, evaluated batch by batch as rows are read.</summary>
/// <remarks>
/// A source may give other rows, or the same in another order, each time that it is read. Columns of one row therefore come from one
/// cursor over it.
/// </remarks>
internal sealed partial class BatchedDataView : IDataView
{
    private readonly IDataView _source;
    private readonly BatchMapper _mapper;
    private readonly BatchedRowMapper _rowMapper;

    public BatchedDataView(IDataView source, BatchMapper mapper)
    {
        _source = source;
        _mapper = mapper;
        _rowMapper = new BatchedRowMapper(source.Schema, mapper);
    }

    public bool CanShuffle => _source.CanShuffle;

    public DataViewSchema Schema => _rowMapper.OutputSchema;

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
        return Map(_source.GetRowCursor(_rowMapper.GetDependencies(needed), rand), needed);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        DataViewSchema.Column[] needed = [.. columnsNeeded];
        return [.. _source.GetRowCursorSet(_rowMapper.GetDependencies(needed), n, rand).Select(source => Map(source, needed))];
    }

    // Where nothing is computed, or a value cannot be copied, rows are served one by one as the source has them.
    private DataViewRowCursor Map(DataViewRowCursor source, DataViewSchema.Column[] needed)
    {
        bool isBatched = needed.Any(IsComputed) && needed.All(column => IsComputed(column) || ColumnBuffer.CanHold(column.Type));
        return isBatched
            ? new BatchedCursor(Schema, _mapper, source, needed.Select(column => column.Index).ToHashSet())
            : new RowCursor(source, _rowMapper.GetRow(source, needed));
    }

    private bool IsComputed(DataViewSchema.Column column) => column.Index >= _source.Schema.Count;
}
