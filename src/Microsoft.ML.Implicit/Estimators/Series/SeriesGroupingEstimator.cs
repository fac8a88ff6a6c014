using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Turns long-format data, one observation a row, into one series a row.</summary>
/// <remarks>
/// Series come in the order in which they first appear. Within a series observations are sorted by time, those at the
/// same time averaged variable by variable (of text and keys the first that is not missing counts), and those without a finite time left out; each is
/// reported as a warning.
/// Times become Double: numbers as they are, dates and spans in days (dates from 1970-01-01 UTC; a local time is converted,
/// one of unspecified kind taken as UTC). An annotation keeps what they were, so that forecasts as rows and messages tell dates.
/// </remarks>
public sealed class SeriesGroupingEstimator : IEstimator<SeriesGroupingTransformer>
{
    private readonly IHost _host;
    private readonly SeriesGrouping _grouping;

    internal SeriesGroupingEstimator(IHostEnvironment environment, SeriesGrouping grouping)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentException.ThrowIfNullOrEmpty(grouping.Time);
        ArgumentNullException.ThrowIfNull(grouping.Values);
        MLNetCompatibility.EnsureSupported();
        _host = environment.Register(nameof(SeriesGroupingEstimator));
        _grouping = grouping;
    }

    /// <summary>Creates the transformer; nothing is learned.</summary>
    /// <param name="input">Long-format data.</param>
    /// <returns>The transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SeriesGroupingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _grouping.Check(SchemaShape.Create(input.Schema));
        return new SeriesGroupingTransformer(_host, _grouping);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _grouping.Check(inputSchema);
        var columns = new List<SchemaShape.Column>();
        bool isTimeOfOtherKind = inputSchema.TryFindColumn(_grouping.Time, out SchemaShape.Column time) && TimeKinds.Of(time.ItemType.RawType) != TimeKind.Number;
        SchemaShape.Column[] annotations = isTimeOfOtherKind
            ? [new SchemaShape.Column(TimeKinds.Annotation, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false)]
            : [];
        if (_grouping.Series is not null && inputSchema.TryFindColumn(_grouping.Series, out SchemaShape.Column series))
        {
            columns.Add(series);
        }

        columns.Add(new SchemaShape.Column(_grouping.Time, SchemaShape.Column.VectorKind.VariableVector, NumberDataViewType.Double, false, new SchemaShape(annotations)));
        columns.AddRange(_grouping.Values.Select(name => Output(name, SchemaShape.Column.VectorKind.VariableVector)));
        columns.AddRange(_grouping.Statics.Select(name => Output(name, SchemaShape.Column.VectorKind.Scalar)));
        return new SchemaShape(columns);

        SchemaShape.Column Output(string name, SchemaShape.Column.VectorKind kind)
        {
            inputSchema.TryFindColumn(name, out SchemaShape.Column column);
            return new SchemaShape.Column(name, kind, column.ItemType, column.IsKey, column.IsKey ? column.Annotations : null);
        }
    }
}
