using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>
/// Rows made from integers: a number, a vector in one array that is filled anew for each row, a text, and an object that changes from
/// row to row. Like a queue, or a query without an order, the view may give other rows each time that it is read.
/// </summary>
internal sealed class NumberedView : IDataView
{
    public const string Number = nameof(Number);
    public const string Vector = nameof(Vector);
    public const string Text = nameof(Text);
    public const string Object = nameof(Object);

    private readonly Func<int, IEnumerable<int>> _read;

    /// <param name="read">Gives the numbers of a reading, from how many there were before.</param>
    /// <param name="width">Length of vectors.</param>
    public NumberedView(Func<int, IEnumerable<int>> read, int width = 2)
    {
        _read = read;
        Width = width;
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(Number, NumberDataViewType.Single);
        builder.AddColumn(Vector, new VectorDataViewType(NumberDataViewType.Single, width));
        builder.AddColumn(Text, TextDataViewType.Instance);
        builder.AddColumn(Object, new TagType());
        Schema = builder.ToSchema();
        ValuesRead = new int[Schema.Count];
    }

    public NumberedView(int count)
        : this(_ => Enumerable.Range(0, count))
    {
    }

    public int Width { get; }

    public bool CanShuffle { get; init; }

    public DataViewSchema Schema { get; }

    /// <summary>How often the view was read.</summary>
    public int Readings { get; private set; }

    /// <summary>Rows read, in all readings.</summary>
    public int RowsRead { get; set; }

    /// <summary>Values computed, column by column.</summary>
    public int[] ValuesRead { get; }

    /// <summary>Columns asked for in the last reading.</summary>
    public IReadOnlyList<string> Asked { get; private set; } = [];

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        IEnumerable<int> numbers = Read(columnsNeeded);
        return new NumberedCursor(this, Enumerate(CanShuffle && rand is not null ? numbers.OrderBy(_ => rand.Next()) : numbers), Asked);
    }

    /// <summary>Cursors that take turns, three rows at a time.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        int[] numbers = [.. Read(columnsNeeded)];
        return [.. Enumerable.Range(0, n).Select(part => new NumberedCursor(this, Enumerate(numbers).Where(row => row.Batch % n == part), Asked))];
    }

    private IEnumerable<int> Read(IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        Asked = [.. columnsNeeded.Select(column => column.Name)];
        return _read(Readings++);
    }

    private static IEnumerable<(int Number, long Batch)> Enumerate(IEnumerable<int> numbers) => numbers.Select((number, i) => (number, (long)(i / 3)));
}
