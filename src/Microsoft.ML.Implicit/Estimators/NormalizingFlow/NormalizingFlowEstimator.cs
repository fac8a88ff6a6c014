using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Learns the density of feature vectors and turns them into latent vectors and log densities, as features for other trainers.</summary>
public sealed class NormalizingFlowEstimator : IEstimator<LatentTransformer>
{
    private readonly IHost _host;
    private readonly NormalizingFlowOptions _options;
    private readonly string _outputColumnName;
    private readonly string _logDensityColumnName;

    internal NormalizingFlowEstimator(IHostEnvironment environment, string outputColumnName, string logDensityColumnName, NormalizingFlowOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(logDensityColumnName);
        ArgumentNullException.ThrowIfNull(options);
        MLNetCompatibility.EnsureSupported();
        options.Validate();
        _host = environment.Register(nameof(NormalizingFlowEstimator));
        _options = options;
        _outputColumnName = outputColumnName;
        _logDensityColumnName = logDensityColumnName;
    }

    /// <summary>Trains a model.</summary>
    /// <param name="input">Training rows.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, has the wrong type or more than 10,000 slots.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public LatentTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DensityColumns.Check(_host, SchemaShape.Create(input.Schema), _options);
        NormalizingFlowModelParameters model = new DensityTraining(_host, _options).Train(input, null);
        return new LatentTransformer(_host, model, new LatentColumns(_options.FeatureColumnName, _options.ContextColumnName, _outputColumnName, _logDensityColumnName));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        DensityColumns.Check(_host, inputSchema, _options);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        columns[_outputColumnName] = new SchemaShape.Column(_outputColumnName, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false);
        columns[_logDensityColumnName] = new SchemaShape.Column(_logDensityColumnName, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false);
        return new SchemaShape(columns.Values);
    }
}
