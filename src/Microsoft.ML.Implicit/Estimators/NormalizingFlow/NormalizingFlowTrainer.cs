using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns the density of feature vectors with a continuous normalizing flow (Chen et al. 2018; Grathwohl et al., FFJORD,
/// 2019) and flags rows of low density.
/// </summary>
/// <remarks>
/// Features: a vector of Single of known size. Output: <c>Score</c> (Single, in nats, the negative log density unless
/// <see cref="NormalizingFlowOptions.Scoring"/> says otherwise: higher is more anomalous), <c>PredictedLabel</c> (Boolean) and <c>LogDensity</c> (Single, in nats, in the features' own units).
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Concatenate("Features", "Radius", "Texture")
///     .Append(ml.AnomalyDetection.Trainers.NormalizingFlow(contamination: 0.01));
/// </code>
/// </example>
public sealed class NormalizingFlowTrainer : ITrainerEstimator<NormalizingFlowTransformer, NormalizingFlowModelParameters>
{
    private readonly IHost _host;
    private readonly NormalizingFlowOptions _options;

    internal NormalizingFlowTrainer(IHostEnvironment environment, NormalizingFlowOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        MLNetCompatibility.EnsureSupported();
        options.Validate();
        _host = environment.Register(nameof(NormalizingFlowTrainer));
        _options = options;
    }

    /// <inheritdoc/>
    public TrainerInfo Info { get; } = new(normalization: false, caching: false, supportValid: true);

    /// <summary>Trains a model.</summary>
    /// <param name="input">Training rows; see <see cref="TrainingOptions.ValidationFraction"/> for what is held out.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, has the wrong type or more than 10,000 slots.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public NormalizingFlowTransformer Fit(IDataView input) => Fit(input, null);

    /// <summary>Trains a model, stopping early by the loss on given validation rows.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="validationData">Validation rows with the same columns, or <see langword="null"/>.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, has the wrong type or more than 10,000 slots.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public NormalizingFlowTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        DensityColumns.Check(_host, SchemaShape.Create(trainData.Schema), _options);
        if (validationData is not null)
        {
            DensityColumns.Check(_host, SchemaShape.Create(validationData.Schema), _options);
        }

        NormalizingFlowModelParameters model = new DensityTraining(_host, _options).Train(trainData, validationData);
        return new NormalizingFlowTransformer(_host, model, _options.FeatureColumnName, _options.ContextColumnName);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        DensityColumns.Check(_host, inputSchema, _options);
        Dictionary<string, SchemaShape.Column> columns = inputSchema.ToDictionary(column => column.Name);
        foreach ((string name, DataViewType type) in NormalizingFlowMapper.Outputs)
        {
            columns[name] = new SchemaShape.Column(
                name, SchemaShape.Column.VectorKind.Scalar, type, isKey: false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation()));
        }

        return new SchemaShape(columns.Values);
    }
}
