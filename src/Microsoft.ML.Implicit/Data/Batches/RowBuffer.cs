using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Columns of the rows of a batch, copied from a cursor, which need not give the same rows to another. As a row it is the cursor's
/// current one, in which the source computes a copied column no second time.
/// </summary>
internal sealed class RowBuffer : DataViewRow
{
    private readonly DataViewRowCursor _source;
    private readonly Dictionary<int, ColumnBuffer> _columns;
    private readonly ValueGetter<DataViewRowId> _getId;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batches;
    private int _slot;
    private bool _isAtEnd;

    /// <param name="source">The cursor, which the buffer disposes of.</param>
    /// <param name="columns">Indices of the columns to copy.</param>
    /// <param name="capacity">Number of slots.</param>
    public RowBuffer(DataViewRowCursor source, IEnumerable<int> columns, int capacity)
    {
        _source = source;
        _columns = columns.ToDictionary(index => index, index => ColumnBuffer.Create(source, source.Schema[index], capacity));
        _getId = source.GetIdGetter();
        _ids = new DataViewRowId[capacity];
        _batches = new long[capacity];
    }

    public override DataViewSchema Schema => _source.Schema;

    public override long Position => _source.Position;

    public override long Batch => _source.Batch;

    /// <summary>Moves the cursor on and copies its row into a slot, unless there is no further row.</summary>
    public bool Read(int slot)
    {
        if (_isAtEnd || !_source.MoveNext())
        {
            _isAtEnd = true;
            return false;
        }

        _slot = slot;
        foreach (ColumnBuffer column in _columns.Values)
        {
            column.Read(slot);
        }

        _getId(ref _ids[slot]);
        _batches[slot] = _source.Batch;
        return true;
    }

    public DataViewRowId IdOf(int slot) => _ids[slot];

    public long BatchOf(int slot) => _batches[slot];

    /// <summary>Creates a <see cref="ValueGetter{TValue}"/> for a copied column.</summary>
    public Delegate CreateGetter(int column, Func<int> slot) => _columns[column].CreateGetter(slot);

    public override bool IsColumnActive(DataViewSchema.Column column) => _source.IsColumnActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) =>
        _columns.TryGetValue(column.Index, out ColumnBuffer? buffer)
            ? buffer.CreateGetter(() => _slot).As<TValue>(column)
            : _source.GetGetter<TValue>(column);

    public override ValueGetter<DataViewRowId> GetIdGetter() => _source.GetIdGetter();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }
}
