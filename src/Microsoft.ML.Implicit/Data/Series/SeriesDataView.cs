namespace Microsoft.ML.Implicit.Data;

/// <summary>A view with one series a row, made from long-format data when its rows are first read.</summary>
internal sealed partial class SeriesDataView : IDataView
{
    private readonly IDataView _source;
    private readonly SeriesGrouping _grouping;
    private readonly SeriesCollector _collector;
    private readonly Lazy<List<GroupedSeries>> _gathered;

    public SeriesDataView(IDataView source, SeriesGrouping grouping, SeriesCollector collector)
    {
        _source = source;
        _grouping = grouping;
        _collector = collector;
        _gathered = new Lazy<List<GroupedSeries>>(() => [.. collector.Collect(source)]);
        Schema = grouping.GetOutputSchema(source.Schema);
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => _gathered.IsValueCreated ? _gathered.Value.Count : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        IEnumerable<GroupedSeries> series = _grouping.IsContiguous ? _collector.Collect(_source) : _gathered.Value;
        return new SeriesCursor(Schema, _grouping, series, columnsNeeded.Select(column => column.Index).ToHashSet());
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
