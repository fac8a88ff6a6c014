using System.Runtime.ExceptionServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads the rows of one cursor a batch at a time: the caller sees single rows, the mapper sees batches.</summary>
internal sealed class BatchedCursor : DataViewRowCursor
{
    private readonly BatchMapper _mapper;
    private readonly RowBuffer _rows;
    private readonly RowBatch _batch;
    private readonly HashSet<int> _active;
    private readonly int _sourceCount;
    private long _position = -1;
    private int _slot = -1;
    private int _count;
    private ExceptionDispatchInfo? _failure;

    /// <param name="schema">Columns of the source and of the mapper.</param>
    /// <param name="mapper">Evaluates the rows.</param>
    /// <param name="source">Rows with the mapper's input columns, which the cursor disposes of.</param>
    /// <param name="active">Indices of the columns to be read, all of types that can be copied.</param>
    public BatchedCursor(DataViewSchema schema, BatchMapper mapper, DataViewRowCursor source, HashSet<int> active)
    {
        Schema = schema;
        _mapper = mapper;
        _active = active;
        _sourceCount = source.Schema.Count;
        _rows = new RowBuffer(source, active.Where(index => index < _sourceCount), mapper.BatchSize);
        _batch = mapper.CreateBatch(_rows, mapper.BatchSize);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _slot >= 0 ? _rows.BatchOf(_slot) : _rows.Batch;

    public override bool MoveNext()
    {
        if (++_slot >= _count)
        {
            (_slot, _count) = (-1, 0);
            _count = ReadBatch();
            _slot = _count > 0 ? 0 : -1;
        }

        _position = _count > 0 ? _position + 1 : -1;
        return _count > 0;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        this.CheckActive(column);
        Delegate getter = column.Index < _sourceCount
            ? _rows.CreateGetter(column.Index, CurrentSlot)
            : _batch.CreateGetter(column.Index - _sourceCount, CurrentSlot);
        return getter.As<TValue>(column);
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _rows.IdOf(CurrentSlot());

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
        }

        base.Dispose(disposing);
    }

    private int CurrentSlot() => _slot >= 0 ? _slot : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");

    private int ReadBatch()
    {
        (ExceptionDispatchInfo? failure, _failure) = (_failure, null);
        failure?.Throw();
        int count = 0;
        try
        {
            while (count < _mapper.BatchSize && _rows.Read(count))
            {
                _batch.Read(count);
                count++;
            }
        }
        catch (Exception exception) when (count > 0)
        {
            // It is thrown in its turn, after the rows before it.
            _failure = ExceptionDispatchInfo.Capture(exception);
        }

        if (count > 0)
        {
            _mapper.Evaluate(_batch, count);
        }

        return count;
    }
}
