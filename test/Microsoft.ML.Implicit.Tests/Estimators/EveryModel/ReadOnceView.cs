namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A view that can be read once only.</summary>
internal sealed class ReadOnceView(IDataView source) : IDataView
{
    public bool IsRead { get; private set; }

    public bool CanShuffle => source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        Assert.IsFalse(IsRead, "the view was read before");
        IsRead = true;
        return source.GetRowCursor(columnsNeeded, rand);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}
