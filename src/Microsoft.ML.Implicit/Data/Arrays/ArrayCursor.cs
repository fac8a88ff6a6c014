using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads the rows of an <see cref="ArrayDataView"/>.</summary>
internal sealed class ArrayCursor(DataViewSchema schema, IReadOnlyList<ArrayColumn> columns, int rowCount, HashSet<int> active) : DataViewRowCursor
{
    private int _position = -1;

    public override DataViewSchema Schema => schema;

    public override long Position => _position;

    public override long Batch => 0;

    public override bool MoveNext()
    {
        if (_position < rowCount)
        {
            _position++;
        }

        return _position < rowCount;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!active.Contains(column.Index))
        {
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when this cursor was opened.");
        }

        return columns[column.Index].CreateGetter(() => _position) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue).Name}.");
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Position, 0);
}
