using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts with one row a series, variable and time, made of forecasts with one row a series as they are read.</summary>
internal sealed class ForecastRowsView : IDataView
{
    public const string Series = "Series";
    public const string Time = "Time";
    public const string Variable = "Variable";
    public const string Value = "Value";
    public const string Lower = "Lower";
    public const string Upper = "Upper";
    public const string Quantiles = "Quantiles";

    private readonly IDataView _source;
    private readonly ForecastRowsSource _columns;

    /// <param name="source">Forecasts, one series a row.</param>
    /// <param name="columns">Where in them is what.</param>
    public ForecastRowsView(IDataView source, ForecastRowsSource columns)
    {
        _source = source;
        _columns = columns;
        var builder = new DataViewSchema.Builder();
        if (columns.Series is { } series)
        {
            builder.AddColumn(Series, series.Type, series.Annotations);
        }

        builder.AddColumn(Time, columns.TimeKind.ToType());
        builder.AddColumn(Variable, TextDataViewType.Instance);
        builder.AddColumn(Value, NumberDataViewType.Single);
        builder.AddColumn(Lower, NumberDataViewType.Single);
        builder.AddColumn(Upper, NumberDataViewType.Single);
        if (columns.Quantiles is not null)
        {
            builder.AddColumn(Quantiles, new VectorDataViewType(NumberDataViewType.Single, columns.QuantileCount));
        }

        Schema = builder.ToSchema();
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new ForecastRowsCursor(Schema, _source.GetRowCursor(_columns.Needed), _columns, columnsNeeded.Select(column => column.Index).ToHashSet());

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [GetRowCursor(columnsNeeded, rand)];
}
