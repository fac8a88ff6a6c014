using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Simulates paths of the series in each row by a fitted latent SDE. Nothing is learned: fitting only checks the columns.</summary>
public sealed class SdeSimulationEstimator : ImplicitEstimator<SdeSimulationTransformer>
{
    private readonly LatentSdeTransformer _forecaster;
    private readonly SdeSimulationOptions _options;

    internal SdeSimulationEstimator(IHostEnvironment environment, LatentSdeTransformer forecaster, SdeSimulationOptions options)
        : base(environment, nameof(SdeSimulationEstimator), options) => (_forecaster, _options) = (forecaster, options);

    /// <summary>Checks that the columns are those that the forecaster reads.</summary>
    /// <param name="input">Rows with a series each.</param>
    /// <returns>The transformer; it shares the forecaster's model, and is disposed of together with it.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    /// <exception cref="ObjectDisposedException">The forecaster was disposed.</exception>
    public override SdeSimulationTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _forecaster.Model.ThrowIfDisposed();
        var transformer = new SdeSimulationTransformer(Host, _forecaster.Model, _forecaster.Input, _forecaster.Output, _options);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        _forecaster.Input.Check(schema);
        if (_forecaster.Output.Times is { } times)
        {
            SeriesColumns.CheckTimes(schema, nameof(ForecasterOptions.ForecastTimeColumnName), times);
        }
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        bool isFixed = _forecaster.Output.Times is null;
        SchemaShape.Column[] annotations = isFixed
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]
            : [];
        SchemaShape.Column.VectorKind kind = isFixed ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector;
        return [new SchemaShape.Column(_options.OutputColumnName, kind, NumberDataViewType.Single, false, new SchemaShape(annotations))];
    }
}
