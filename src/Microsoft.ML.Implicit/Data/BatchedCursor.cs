using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Reads rows with one cursor while a second one, ahead of it, fills batches: the caller sees single rows,
/// the mapper sees batches, and no column of the source is buffered.
/// </summary>
internal sealed class BatchedCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _rows;
    private readonly DataViewRowCursor? _lookAhead;
    private readonly RowBatch? _batch;
    private readonly int _batchSize;
    private readonly bool[] _isOutputActive;
    private readonly int _sourceCount;
    private int _slot = -1;
    private int _count;

    public BatchedCursor(DataViewSchema schema, BatchMapper mapper, DataViewRowCursor rows, DataViewRowCursor? lookAhead, bool[] isOutputActive)
    {
        Schema = schema;
        _rows = rows;
        _lookAhead = lookAhead;
        _isOutputActive = isOutputActive;
        _sourceCount = rows.Schema.Count;
        _batchSize = mapper.BatchSize;
        _batch = lookAhead is null ? null : mapper.CreateBatch(lookAhead, _batchSize);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _rows.Position;

    public override long Batch => _rows.Batch;

    public override bool MoveNext()
    {
        if (!_rows.MoveNext())
        {
            return false;
        }

        if (_batch is not null && ++_slot >= _count)
        {
            _slot = 0;
            _count = FillBatch();
        }

        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) =>
        column.Index < _sourceCount ? _rows.IsColumnActive(_rows.Schema[column.Index]) : _isOutputActive[column.Index - _sourceCount];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (column.Index < _sourceCount)
        {
            return _rows.GetGetter<TValue>(_rows.Schema[column.Index]);
        }

        int output = column.Index - _sourceCount;
        if (_batch is null || !_isOutputActive[output])
        {
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when this cursor was opened.");
        }

        return _batch.CreateGetter(output, CurrentSlot) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue).Name}.");
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => _rows.GetIdGetter();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
            _lookAhead?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int CurrentSlot() => _slot >= 0 ? _slot : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");

    private int FillBatch()
    {
        int count = 0;
        while (count < _batchSize && _lookAhead!.MoveNext())
        {
            _batch!.Read(count++);
        }

        _batch!.Evaluate(count);
        return count;
    }
}
