using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>Reads a <see cref="NumberedView"/>; a row's id is its number.</summary>
internal sealed class NumberedCursor : DataViewRowCursor
{
    private readonly NumberedView _view;
    private readonly IEnumerator<(int Number, long Batch)> _rows;
    private readonly IReadOnlyList<string> _asked;
    private readonly Tag _tag = new();
    private readonly float[] _vector;
    private long _position = -1;

    public NumberedCursor(NumberedView view, IEnumerable<(int Number, long Batch)> rows, IReadOnlyList<string> asked)
    {
        _view = view;
        _rows = rows.GetEnumerator();
        _asked = asked;
        _vector = new float[view.Width];
    }

    public override DataViewSchema Schema => _view.Schema;

    public override long Position => _position;

    public override long Batch => _rows.Current.Batch;

    public override bool MoveNext()
    {
        if (!_rows.MoveNext())
        {
            _position = -1;
            return false;
        }

        _position++;
        _view.RowsRead++;
        _tag.Number = _rows.Current.Number;
        Array.Fill(_vector, _rows.Current.Number);
        return true;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _asked.Contains(column.Name);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Assert.IsTrue(IsColumnActive(column), column.Name);
        Delegate getter = column.Name switch
        {
            NumberedView.Number => (ValueGetter<float>)((ref float value) => value = Read(column)),
            NumberedView.Vector => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
            {
                Read(column);
                value = new VBuffer<float>(_vector.Length, _vector);
            }),
            NumberedView.Text => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = $"row {Read(column)}".AsMemory()),
            _ => (ValueGetter<Tag>)((ref Tag value) =>
            {
                Read(column);
                value = _tag;
            }),
        };
        return (ValueGetter<TValue>)getter;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_rows.Current.Number, 7);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Read(DataViewSchema.Column column)
    {
        Assert.IsGreaterThanOrEqualTo(0, _position, "the cursor is on a row");
        _view.ValuesRead[column.Index]++;
        return _rows.Current.Number;
    }
}
