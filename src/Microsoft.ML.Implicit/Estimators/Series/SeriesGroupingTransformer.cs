using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(SeriesGroupingTransformer), null, typeof(SignatureLoadModel), "", SeriesGroupingTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Turns long-format data, one observation a row, into one series a row. It maps many rows to one, so it has no row mapper.</summary>
public sealed class SeriesGroupingTransformer : ITransformer
{
    internal const string LoaderSignature = "SeriesGroupingTransform";

    private static readonly ModelFormat Format = new("SERIESGR", LoaderSignature, version: 0x00010002, oldestVersion: 0x00010001, SeriesPositional.ReadGrouping, usesNativeBackend: false);

    private readonly IHost _host;
    private readonly SeriesGrouping _grouping;

    internal SeriesGroupingTransformer(IHost host, SeriesGrouping grouping)
    {
        _host = host;
        _grouping = grouping;
    }

    /// <summary>
    /// True, so that prediction engines ask for the mapper of a chain with this transformer and get a reason: of a transformer that says false, ML.NET
    /// says no more than that it is none.
    /// </summary>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return _grouping.GetOutputSchema(inputSchema);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new SeriesDataView(input, _grouping, new SeriesCollector(_grouping, _host));
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: many rows become one.</exception>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) =>
        throw new NotSupportedException(
            $"Grouping into series makes one row of many, which no prediction engine can. {nameof(ImplicitCatalog.CreateForecastEngine)} of MLContext.Forecasting follows a series as its rows come in; "
            + "a prediction engine takes the forecaster alone, with a whole series a row; and Transform takes many rows.");

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        Format.Save(ctx, _grouping.Write);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Format.Load(env, ctx, (host, reader) => new SeriesGroupingTransformer(host, SeriesGrouping.Read(reader)));
}
