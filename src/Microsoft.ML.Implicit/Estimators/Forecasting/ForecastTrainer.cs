using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Trains a forecaster of irregularly sampled series. Each row holds a whole series; every prefix of it is a training example.</summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class ForecastTrainer<TTransformer, TModel> : ImplicitTrainer<TTransformer, TModel>
    where TTransformer : ForecastTransformer<TModel>
    where TModel : ForecastModelParameters
{
    private readonly LatentForecasterOptions _options;
    private readonly SeriesColumns _input;
    private readonly ForecastColumns _output;

    private protected ForecastTrainer(IHostEnvironment environment, string name, LatentForecasterOptions options)
        : base(environment, name, options)
    {
        _options = options;
        _input = options.Columns;
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
    internal TTransformer Fit(SeriesSet series)
    {
        using var run = new TrainingRun(Host, _options.Training);
        return Create(CreateTraining(Reader, run).Fit(series, validation: null), _input, _output);
    }

    private protected sealed override void CheckColumns(SchemaShape schema)
    {
        _input.Check(schema);
        if (_output.Times is not null)
        {
            SeriesColumns.CheckTimes(schema, nameof(_options.ForecastTimeColumnName), _output.Times);
        }

        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected sealed override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        bool isFixed = _output.Times is null;
        SchemaShape.Column.VectorKind kind = isFixed ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector;
        SchemaShape.Column[] annotations = isFixed
            ? [new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]
            : [];
        return _output.Names.Select(name => new SchemaShape.Column(name, kind, NumberDataViewType.Single, false, new SchemaShape(annotations)));
    }

    private protected sealed override IModelTraining<TModel> CreateTraining(DataViewSchema schema, TrainingRun run) => CreateTraining(Reader, run);

    private protected sealed override TTransformer CreateTransformer(TModel model, DataViewSchema schema) => Create(model, _input, _output);

    private protected abstract ForecastTraining<TModel> CreateTraining(SeriesSetReader reader, TrainingRun run);

    private protected abstract TTransformer Create(TModel model, SeriesColumns input, ForecastColumns output);
}
