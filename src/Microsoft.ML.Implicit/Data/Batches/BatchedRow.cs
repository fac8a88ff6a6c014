using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A row with the mapper's columns, evaluated when one of them is first read at a position.</summary>
internal sealed class BatchedRow : DataViewRow
{
    private readonly DataViewRow _input;
    private readonly BatchMapper _mapper;
    private readonly HashSet<int> _active;
    private readonly RowBatch? _batch;
    private long? _evaluatedPosition;

    public BatchedRow(DataViewSchema schema, DataViewRow input, BatchMapper mapper, HashSet<int> active)
    {
        Schema = schema;
        _input = input;
        _mapper = mapper;
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

        this.CheckActive(column);
        return _batch!.CreateGetter(column.Index - _input.Schema.Count, EvaluatedSlot).As<TValue>(column);
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
            _mapper.Evaluate(_batch, 1);
            _evaluatedPosition = _input.Position;
        }

        return 0;
    }
}
