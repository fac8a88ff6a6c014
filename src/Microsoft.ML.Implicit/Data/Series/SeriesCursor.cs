using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads one series a row.</summary>
internal sealed class SeriesCursor : DataViewRowCursor
{
    private readonly SeriesGrouping _grouping;
    private readonly IEnumerator<GroupedSeries> _series;
    private readonly HashSet<int> _active;
    private long _position = -1;

    public SeriesCursor(DataViewSchema schema, SeriesGrouping grouping, IEnumerable<GroupedSeries> series, HashSet<int> active)
    {
        Schema = schema;
        _grouping = grouping;
        _series = series.GetEnumerator();
        _active = active;
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => 0;

    private GroupedSeries Current => _position >= 0 ? _series.Current : throw new InvalidOperationException("The cursor is not on a row: call MoveNext first.");

    public override bool MoveNext()
    {
        bool moved = _series.MoveNext();
        _position = moved ? _position + 1 : -1;
        return moved;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_active.Contains(column.Index))
        {
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when this cursor was opened.");
        }

        return CreateGetter(column.Index - (_grouping.Series is null ? 0 : 1), column.Type.GetItemType().RawType) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue).Name}.");
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)Position, 0);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _series.Dispose();
        }

        base.Dispose(disposing);
    }

    private Delegate CreateGetter(int index, Type type)
    {
        if (index < 0)
        {
            return NameReader.CreateGetter(type, () => Current.Key);
        }

        if (index == 0)
        {
            return VectorGetter.Create(() => Current.Times);
        }

        int value = index - 1;
        int place = value - _grouping.Values.Length;
        if (place >= 0)
        {
            return NameReader.CreateGetter(type, () => Current.Statics[place]);
        }

        int number = Array.IndexOf([.. _grouping.Numbers(Schema)], _grouping.Values[value]);
        int name = Array.IndexOf([.. _grouping.Names(Schema)], _grouping.Values[value]);
        return number >= 0 ? VectorGetter.Create(() => Current.Numbers[number]) : NameReader.CreateVectorGetter(type, () => Current.Names[name]);
    }
}
