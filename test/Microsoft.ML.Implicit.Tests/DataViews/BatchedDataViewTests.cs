using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>Rows keep what belongs to them, whatever their source does, and nothing is read or computed twice.</summary>
[TestClass]
public sealed class BatchedDataViewTests
{
    private const string Next = "Next";

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(8)]
    [DataRow(9)]
    [DataRow(1000)]
    public void Outputs_stay_with_their_rows_where_the_order_changes_between_readings(int count)
    {
        var source = new NumberedView(reading => Enumerable.Range(0, count).OrderBy(i => (i + 1) * (reading + 1) * 7919 % 1009));
        IDataView view = Increment(source);
        for (int reading = 0; reading < 3; reading++)
        {
            int[] numbers = ReadAll(view.GetRowCursor(view.Schema.Where(column => column.Name != NumberedView.Object)));
            CollectionAssert.AreEqual(Enumerable.Range(0, count).ToArray(), numbers.Order().ToArray());
            Assert.AreEqual(reading + 1, source.Readings);
        }
    }

    [TestMethod]
    public void A_queue_gives_each_of_its_rows_once()
    {
        var queue = new Queue<int>(Enumerable.Range(0, 1000));
        IEnumerable<int> Take()
        {
            while (queue.TryDequeue(out int number))
            {
                yield return number;
            }
        }

        IDataView view = Increment(new NumberedView(_ => Take()));
        CollectionAssert.AreEqual(Enumerable.Range(0, 1000).ToArray(), ReadAll(Cursor(view, NumberedView.Number, Next)));
        Assert.IsEmpty(ReadAll(Cursor(view, NumberedView.Number, Next)));
    }

    [TestMethod]
    public void A_chain_of_six_reads_its_source_and_computes_each_value_once()
    {
        const int rows = 100;
        var source = new NumberedView(rows);
        IncrementMapper[] mappers = [.. Enumerable.Range(0, 6).Select(i => new IncrementMapper(i == 0 ? NumberedView.Number : $"Next{i}", $"Next{i + 1}"))];
        IDataView view = mappers.Aggregate((IDataView)source, (input, mapper) => new BatchedDataView(input, mapper));
        using DataViewRowCursor cursor = Cursor(view, NumberedView.Number, NumberedView.Vector, "Next6");
        ValueGetter<float> getNumber = cursor.GetGetter<float>(view.Schema[NumberedView.Number]), getLast = cursor.GetGetter<float>(view.Schema["Next6"]);
        float number = 0, last = 0;
        while (cursor.MoveNext())
        {
            getNumber(ref number);
            getLast(ref last);
            Assert.AreEqual(number + 6, last);
        }

        Assert.AreEqual(1, source.Readings);
        Assert.AreEqual(rows, source.RowsRead);
        CollectionAssert.AreEqual(new[] { rows, rows, 0, 0 }, source.ValuesRead);
        Assert.IsTrue(mappers.All(mapper => mapper.Evaluated == rows));
    }

    [TestMethod]
    public void Rows_are_read_one_batch_ahead_into_buffers_that_are_used_again()
    {
        const int rows = 100_000;
        var source = new NumberedView(_ => Enumerable.Range(0, rows), width: 250);
        IDataView view = Increment(source);
        using DataViewRowCursor cursor = Cursor(view, NumberedView.Vector, Next);
        ValueGetter<VBuffer<float>> getVector = cursor.GetGetter<VBuffer<float>>(view.Schema[NumberedView.Vector]);
        ValueGetter<float> getNext = cursor.GetGetter<float>(view.Schema[Next]);
        VBuffer<float> vector = default;
        float next = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (cursor.MoveNext())
        {
            getVector(ref vector);
            getNext(ref next);
            Assert.AreEqual(next - 1, vector.GetValues()[^1]);
            Assert.IsLessThanOrEqualTo(IncrementMapper.Rows, source.RowsRead - (int)cursor.Position);
        }

        Assert.AreEqual(rows, source.RowsRead);
        long bytesOfAllRows = 250L * sizeof(float) * rows;
        Assert.IsLessThan(bytesOfAllRows / 4, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void A_shuffled_reading_shuffles_the_source_and_keeps_rows_together()
    {
        var source = new NumberedView(100) { CanShuffle = true };
        IDataView view = Increment(source);
        Assert.IsTrue(view.CanShuffle);
        Assert.IsFalse(Increment(new NumberedView(1)).CanShuffle);
        int[] numbers = ReadAll(view.GetRowCursor(Columns(view, NumberedView.Number, Next), new Random(1)));
        CollectionAssert.AreNotEqual(Enumerable.Range(0, 100).ToArray(), numbers);
        CollectionAssert.AreEqual(Enumerable.Range(0, 100).ToArray(), numbers.Order().ToArray());
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void Parallel_cursors_share_the_rows_of_one_reading(int n)
    {
        var source = new NumberedView(100);
        IDataView view = Increment(source);
        DataViewRowCursor[] cursors = view.GetRowCursorSet(Columns(view, NumberedView.Number, NumberedView.Text, Next), n);
        Assert.HasCount(n, cursors);
        int[][] parts = new int[n][];
        Parallel.For(0, n, part => parts[part] = ReadAll(cursors[part]));
        CollectionAssert.AreEqual(Enumerable.Range(0, 100).ToArray(), parts.SelectMany(part => part).Order().ToArray());
        Assert.AreEqual(1, source.Readings);
    }

    [TestMethod]
    [DataRow(NumberedView.Text)]
    [DataRow(NumberedView.Object)]
    public void Position_batch_and_id_are_those_of_the_row(string also)
    {
        IDataView view = Increment(new NumberedView(20));
        using DataViewRowCursor cursor = Cursor(view, also, Next);
        ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
        DataViewRowId id = default;
        Assert.AreEqual(-1, cursor.Position);
        for (int row = 0; row < 20; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            getId(ref id);
            Assert.AreEqual(row, cursor.Position);
            Assert.AreEqual(row / 3, cursor.Batch);
            Assert.AreEqual(new DataViewRowId((ulong)row, 7), id);
        }

        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual(-1, cursor.Position);
    }

    [TestMethod]
    public void Where_no_output_is_asked_for_nothing_is_computed_or_read_ahead()
    {
        var source = new NumberedView(100);
        var mapper = new IncrementMapper(NumberedView.Number, Next);
        var view = new BatchedDataView(source, mapper);
        using DataViewRowCursor cursor = Cursor(view, NumberedView.Text);
        CollectionAssert.AreEqual(new[] { NumberedView.Text }, source.Asked.ToArray());
        Assert.IsFalse(cursor.IsColumnActive(view.Schema[Next]));
        for (int row = 1; row <= 10; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            Assert.AreEqual(row, source.RowsRead);
        }

        Assert.AreEqual(0, mapper.Evaluated);
    }

    [TestMethod]
    public void An_object_that_its_source_changes_is_served_while_the_source_is_on_its_row()
    {
        var source = new NumberedView(20);
        IDataView view = Increment(source);
        using DataViewRowCursor cursor = Cursor(view, NumberedView.Object, Next);
        ValueGetter<Tag> getTag = cursor.GetGetter<Tag>(view.Schema[NumberedView.Object]);
        ValueGetter<float> getNext = cursor.GetGetter<float>(view.Schema[Next]);
        Tag tag = new();
        float next = 0;
        for (int row = 0; row < 20; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
            getTag(ref tag);
            getNext(ref next);
            Assert.AreEqual(row, tag.Number);
            Assert.AreEqual(row + 1, next);
        }

        Assert.AreEqual(1, source.Readings);
    }

    [TestMethod]
    public void A_row_that_is_refused_is_refused_in_its_turn()
    {
        var view = new BatchedDataView(new NumberedView(20), new IncrementMapper(NumberedView.Number, Next) { Refused = 12 });
        using DataViewRowCursor cursor = Cursor(view, Next);
        for (int row = 0; row < 12; row++)
        {
            Assert.IsTrue(cursor.MoveNext());
        }

        Assert.ThrowsExactly<InvalidOperationException>(() => cursor.MoveNext());
    }

    [TestMethod]
    public void A_wrong_type_an_inactive_column_and_a_cursor_before_its_first_row_are_refused_as_ML_NET_refuses_them()
    {
        IDataView ours = Increment(new NumberedView(20));
        IDataView theirs = new MLContext().Transforms.NormalizeMinMax(Next, NumberedView.Number).Fit(new NumberedView(20)).Transform(new NumberedView(20));
        Type Refusal(IDataView view, Action<DataViewRowCursor> action)
        {
            using DataViewRowCursor cursor = Cursor(view, NumberedView.Number, Next);
            return Assert.Throws<Exception>(() => action(cursor)).GetType();
        }

        void AssertAlike(Action<DataViewRowCursor> action) => Assert.AreEqual(Refusal(theirs, action), Refusal(ours, action));
        AssertAlike(cursor => cursor.GetGetter<double>(cursor.Schema[Next]));
        AssertAlike(cursor => cursor.GetGetter<float>(cursor.Schema[NumberedView.Text]));
        Assert.AreEqual(typeof(InvalidOperationException), Refusal(ours, cursor => cursor.GetGetter<double>(cursor.Schema[NumberedView.Number])));
        float value = 0;
        Assert.AreEqual(typeof(InvalidOperationException), Refusal(ours, cursor => cursor.GetGetter<float>(cursor.Schema[Next])(ref value)));
    }

    [TestMethod]
    public void A_view_whose_mapper_was_closed_refuses_to_compute()
    {
        var mapper = new IncrementMapper(NumberedView.Number, Next);
        var view = new BatchedDataView(new NumberedView(20), mapper);
        using DataViewRowCursor cursor = Cursor(view, Next);
        mapper.Close(this);
        StringAssert.Contains(Assert.ThrowsExactly<ObjectDisposedException>(() => cursor.MoveNext()).Message, nameof(BatchedDataViewTests), StringComparison.Ordinal);
    }

    private static BatchedDataView Increment(IDataView source) => new(source, new IncrementMapper(NumberedView.Number, Next));

    private static DataViewRowCursor Cursor(IDataView view, params string[] columns) => view.GetRowCursor(Columns(view, columns));

    private static IEnumerable<DataViewSchema.Column> Columns(IDataView view, params string[] names) => names.Select(name => view.Schema[name]);

    /// <summary>The numbers of all rows, once each row was found to hold what belongs to its number.</summary>
    private static int[] ReadAll(DataViewRowCursor cursor)
    {
        using (cursor)
        {
            ValueGetter<float> getNumber = cursor.GetGetter<float>(cursor.Schema[NumberedView.Number]), getNext = cursor.GetGetter<float>(cursor.Schema[Next]);
            ValueGetter<VBuffer<float>>? getVector = Getter<VBuffer<float>>(NumberedView.Vector);
            ValueGetter<ReadOnlyMemory<char>>? getText = Getter<ReadOnlyMemory<char>>(NumberedView.Text);
            ValueGetter<DataViewRowId> getId = cursor.GetIdGetter();
            var numbers = new List<int>();
            float number = 0, next = 0;
            VBuffer<float> vector = default;
            ReadOnlyMemory<char> text = default;
            DataViewRowId id = default;
            while (cursor.MoveNext())
            {
                getNumber(ref number);
                getNext(ref next);
                Assert.AreEqual(number + 1, next);
                if (getVector is not null)
                {
                    getVector(ref vector);
                    CollectionAssert.AreEqual(new[] { number, number }, vector.DenseValues().ToArray());
                }

                if (getText is not null)
                {
                    getText(ref text);
                    Assert.AreEqual($"row {number}", text.ToString());
                }

                getId(ref id);
                Assert.AreEqual((ulong)number, id.Low);
                numbers.Add((int)number);
            }

            return [.. numbers];
        }

        ValueGetter<T>? Getter<T>(string name) => cursor.IsColumnActive(cursor.Schema[name]) ? cursor.GetGetter<T>(cursor.Schema[name]) : null;
    }
}
