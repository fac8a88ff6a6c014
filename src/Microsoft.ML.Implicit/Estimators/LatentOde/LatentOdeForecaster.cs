using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a forecaster of irregularly sampled series (Rubanova, Chen and Duvenaud, "Latent ODEs for irregularly-sampled
/// time series", 2019). Each row holds a whole series; every prefix of it is a training example. Times need no grid and
/// missing values no imputation.
/// </summary>
/// <remarks>
/// The forecast is the last observed value plus a change: the weighted mean of what the latent state is decoded to and of a linear regression on the last values,
/// their slopes, the values one season before and what the encoder is told, weighted by what they forecast of held-out series. What of a value lies more than five
/// standard deviations off the mean of the training values is left out, unless the value before lies there too. A series at such a
/// level is forecast by changes that were learned elsewhere: its bounds are at least a twentieth of the distance beyond those five
/// standard deviations away from the forecast. Bounds are calibrated on series, or with few series on stretches
/// of time, that each network of the ensemble did not see. For training, values further from the median of their column than ten
/// times the distance that 99 of 100 stay within are taken for ones at that distance.
/// </remarks>
public sealed class LatentOdeForecaster : ImplicitTrainer<LatentOdeTransformer, LatentOdeModelParameters>
{
    private readonly LatentOdeOptions _options;
    private readonly SeriesColumns _input;
    private readonly ForecastColumns _output;

    internal LatentOdeForecaster(IHostEnvironment environment, LatentOdeOptions options)
        : base(environment, nameof(LatentOdeForecaster), options)
    {
        _options = options;
        _input = new SeriesColumns(options.TimeColumnName, options.InputColumnNames, options.StaticColumnNames, options.CovariateTimeColumnName, options.CovariateColumnNames);
        _output = new ForecastColumns(options.OutputColumnName, options.ConfidenceLowerBoundColumn, options.ConfidenceUpperBoundColumn, options.Horizon, options.ForecastTimeColumnName)
        {
            Quantiles = options.QuantileLevels.Length > 0 ? options.QuantileColumnName : null,
        };
    }

    private SeriesSetReader Reader => new(_input, _options.ExampleWeightColumnName);

    /// <summary>Reads series as for training.</summary>
    internal SeriesSet Read(IDataView data)
    {
        CheckData(data.Schema);
        using IChannel channel = Host.Start("Reading");
        using var cancellation = new TrainingCancellation(Host, _options.Training.CancellationToken);
        return Reader.Read(data, channel, cancellation.ThrowIfRequested);
    }

    /// <summary>Trains on series that were read.</summary>
    internal LatentOdeTransformer Fit(SeriesSet series)
    {
        using var run = new TrainingRun(Host, _options.Training);
        return Create(CreateTraining(run).Fit(series, validation: null));
    }

    private protected override void CheckColumns(SchemaShape schema)
    {
        _input.Check(schema);
        if (_output.Times is not null)
        {
            SeriesColumns.CheckTimes(schema, _output.Times);
        }

        InputColumns.CheckWeight(Host, schema, _options.ExampleWeightColumnName);
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        bool isFixed = _output.Times is null;
        SchemaShape.Column.VectorKind kind = isFixed ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector;
        SchemaShape.Column[] annotations = isFixed
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]
            : [];
        return _output.Names.Select(name => new SchemaShape.Column(name, kind, NumberDataViewType.Single, false, new SchemaShape(annotations)));
    }

    private protected override IModelTraining<LatentOdeModelParameters> CreateTraining(DataViewSchema schema, TrainingRun run) => CreateTraining(run);

    private protected override LatentOdeTransformer CreateTransformer(LatentOdeModelParameters model, DataViewSchema schema) => Create(model);

    private ForecastTraining CreateTraining(TrainingRun run) => new(_options, Reader, run);

    private LatentOdeTransformer Create(LatentOdeModelParameters model) => new(Host, model, _input, _output);
}
