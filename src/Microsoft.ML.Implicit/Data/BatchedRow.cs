using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A row with the mapper's columns, evaluated when one of them is first read at a position.</summary>
internal sealed class BatchedRow : DataViewRow
{
    private readonly DataViewRow _input;
    private readonly HashSet<int> _active;
    private readonly RowBatch? _batch;
    private long _evaluatedPosition = -1;

    public BatchedRow(DataViewSchema schema, DataViewRow input, BatchMapper mapper, HashSet<int> active)
    {
        Schema = schema;
        _input = input;
        _active = active;
        _batch = active.Any(index => index >= input.Schema.Count) ? mapper.CreateBatch(input, capacity: 1) : null;
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override bool IsColumnActive(DataViewSchema.Column column) =>
        column.Index < _input.Schema.Count ? _input.IsColumnActive(_input.Schema[column.Index]) : _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (column.Index < _input.Schema.Count)
        {
            return _input.GetGetter<TValue>(_input.Schema[column.Index]);
        }

        if (_batch is null || !_active.Contains(column.Index))
        {
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when this row was created.");
        }

        return _batch.CreateGetter(column.Index - _input.Schema.Count, EvaluatedSlot) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue).Name}.");
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    private int EvaluatedSlot()
    {
        if (_evaluatedPosition != _input.Position)
        {
            _batch!.Read(0);
            _batch.Evaluate(1);
            _evaluatedPosition = _input.Position;
        }

        return 0;
    }
}
