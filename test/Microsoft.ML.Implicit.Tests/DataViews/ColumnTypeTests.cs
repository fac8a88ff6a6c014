using System.Collections;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>Every type of column that ML.NET has passes through a batch unchanged.</summary>
[TestClass]
public sealed class ColumnTypeTests
{
    private const int Rows = 21;

    [TestMethod]
    public void Columns_of_all_types_pass_through()
    {
        IDataView source = new MLContext().Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(Row.Create).ToArray());
        var view = new BatchedDataView(source, new IncrementMapper(nameof(Row.Number), "Next"));
        string[] names = [.. source.Schema.Select(column => column.Name)];
        Assert.HasCount(typeof(Row).GetProperties().Length, names);
        string[] expected = Describe(source, names);
        CollectionAssert.AreEqual(expected, Describe(view, [.. names, "Next"]).Select(row => row[..row.LastIndexOf('|')]).ToArray());
        Assert.HasCount(Rows, expected.Distinct().ToArray());
    }

    private static string[] Describe(IDataView data, string[] names) =>
    [
        .. data.Preview(maxRows: Rows).RowView.Select(row => string.Join('|', names.Select(name => Describe(row.Values.Single(value => value.Key == name).Value)))),
    ];

    private static string Describe(object value)
    {
        if (!value.GetType().IsGenericType || value.GetType().GetGenericTypeDefinition() != typeof(VBuffer<>))
        {
            return $"{value}";
        }

        dynamic vector = value;
        return $"{vector.Length}{(vector.IsDense ? "d" : "s")}: {string.Join(',', ((IEnumerable)vector.DenseValues()).Cast<object>())}";
    }

    internal sealed class Row
    {
        public float Number { get; set; }

        public double Double { get; set; }

        public bool Boolean { get; set; }

        public sbyte SByte { get; set; }

        public byte Byte { get; set; }

        public short Int16 { get; set; }

        public ushort UInt16 { get; set; }

        public int Int32 { get; set; }

        public uint UInt32 { get; set; }

        public long Int64 { get; set; }

        public ulong UInt64 { get; set; }

        public string? Text { get; set; }

        public DateTime DateTime { get; set; }

        public DateTimeOffset DateTimeOffset { get; set; }

        public TimeSpan TimeSpan { get; set; }

        public DataViewRowId RowId { get; set; }

        [KeyType(100)]
        public uint Key { get; set; }

        [VectorType(2)]
        public float[] Fixed { get; set; } = [];

        public double[] Varying { get; set; } = [];

        public string[] Texts { get; set; } = [];

        [KeyType(100)]
        public byte[] Keys { get; set; } = [];

        public DateTime[] Dates { get; set; } = [];

        [VectorType(1000)]
        public VBuffer<float> Sparse { get; set; }

        public static Row Create(int i) => new()
        {
            Number = i,
            Double = i / 3.0,
            Boolean = i % 2 == 0,
            SByte = (sbyte)-i,
            Byte = (byte)i,
            Int16 = (short)-i,
            UInt16 = (ushort)i,
            Int32 = -i,
            UInt32 = (uint)i,
            Int64 = -i,
            UInt64 = (ulong)i,
            Text = i % 5 == 0 ? null : $"text {i}",
            DateTime = DateTime.UnixEpoch.AddDays(i),
            DateTimeOffset = DateTimeOffset.UnixEpoch.AddHours(i),
            TimeSpan = TimeSpan.FromMinutes(i),
            RowId = new DataViewRowId((ulong)i, 3),
            Key = (uint)i,
            Fixed = [i, -i],
            Varying = [.. Enumerable.Range(i, i % 4).Select(k => k / 7.0)],
            Texts = [.. Enumerable.Range(0, i % 3).Select(k => $"{i}.{k}")],
            Keys = [.. Enumerable.Range(1, i % 4).Select(k => (byte)k)],
            Dates = [.. Enumerable.Range(0, i % 2).Select(_ => DateTime.UnixEpoch.AddYears(i))],
            Sparse = i % 4 == 3 ? new VBuffer<float>(1000, [.. Enumerable.Range(0, 1000).Select(k => (float)(k + i))]) : new VBuffer<float>(1000, 2, [i, -i], [i, 500 + i]),
        };
    }
}
