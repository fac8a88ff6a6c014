using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Series as a data view, one a row; the number of variables, and so of columns, is that of the panel.</summary>
internal sealed class SeriesView : IDataView
{
    private readonly IReadOnlyList<SeriesRow> _rows;
    private readonly List<Delegate> _columns = [];

    public SeriesView(IReadOnlyList<SeriesRow> rows)
    {
        _rows = rows;
        var schema = new DataViewSchema.Builder();
        Add<double>(nameof(SeriesRow.Time), NumberDataViewType.Double, row => row.Time);
        Add<double>(nameof(SeriesRow.CovariateTime), NumberDataViewType.Double, row => row.CovariateTime);
        Add<double>(nameof(SeriesRow.ForecastTime), NumberDataViewType.Double, row => row.ForecastTime);
        VariableNames = [.. Enumerable.Range(0, rows[0].VariableCount).Select(v => Add<float>($"Value{v}", NumberDataViewType.Single, row => row.Value(v)))];
        CovariateNames = [.. Enumerable.Range(0, rows[0].CovariateCount).Select(c => Add<float>($"Covariate{c}", NumberDataViewType.Single, row => row.Covariate(c)))];
        Schema = schema.ToSchema();

        string Add<T>(string name, PrimitiveDataViewType type, Func<SeriesRow, T[]> column)
        {
            schema.AddColumn(name, new VectorDataViewType(type));
            _columns.Add(column);
            return name;
        }
    }

    public string[] VariableNames { get; }

    public string[] CovariateNames { get; }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => false;

    public long? GetRowCount() => _rows.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(this);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(SeriesView view) : DataViewRowCursor
    {
        private int _position = -1;

        public override DataViewSchema Schema => view.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool MoveNext() => ++_position < view._rows.Count;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => Read(column) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue).Name}.");

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        private Delegate Read(DataViewSchema.Column column) => view._columns[column.Index] is Func<SeriesRow, float[]> values ? Vectors(values) : Vectors((Func<SeriesRow, double[]>)view._columns[column.Index]);

        private ValueGetter<VBuffer<T>> Vectors<T>(Func<SeriesRow, T[]> column) => (ref VBuffer<T> value) =>
        {
            T[] values = column(view._rows[_position]);
            value = new VBuffer<T>(values.Length, values);
        };
    }
}
