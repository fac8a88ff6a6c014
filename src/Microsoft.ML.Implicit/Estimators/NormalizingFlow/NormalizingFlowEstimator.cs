using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Learns the density of feature vectors and turns them into latent vectors and log densities, as features for other trainers.</summary>
public sealed class NormalizingFlowEstimator : DensityTrainer<LatentTransformer>
{
    private readonly LatentColumns _columns;

    internal NormalizingFlowEstimator(IHostEnvironment environment, string outputColumnName, string logDensityColumnName, NormalizingFlowOptions options)
        : base(environment, nameof(NormalizingFlowEstimator), options)
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        ArgumentException.ThrowIfNullOrEmpty(logDensityColumnName);
        _columns = new LatentColumns(options.FeatureColumnName, options.ContextColumnName, outputColumnName, logDensityColumnName);
    }

    // Latent vectors need none that keeps rows.
    private protected override AnomalyScoring Scoring => AnomalyScoring.LogDensity;

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
    [
        new(_columns.Output, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false),
        new(_columns.LogDensity!, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false),
    ];

    private protected override LatentTransformer CreateTransformer(NormalizingFlowModelParameters model, DataViewSchema schema) => new(Host, model, _columns);
}
