using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns the density of feature vectors with a continuous normalizing flow (Chen et al. 2018; Grathwohl et al., FFJORD,
/// 2019) and flags rows of low density.
/// </summary>
/// <remarks>
/// Features: a vector of Single of known size. Output: <c>Score</c> (Single, in nats, as <see cref="NormalizingFlowOptions.Scoring"/> says:
/// higher is more anomalous), <c>PredictedLabel</c> (Boolean), <c>LogDensity</c> (Single, in nats, in the features' own units) and
/// <c>ScoreQuantile</c> (Single, from 0 to 1: the share of training rows that score at most as high, extrapolated beyond the highest twentieth).
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Concatenate("Features", "Radius", "Texture")
///     .Append(ml.AnomalyDetection.Trainers.NormalizingFlow(contamination: 0.01));
/// </code>
/// </example>
public sealed class NormalizingFlowTrainer
    : DensityTrainer<NormalizingFlowTransformer>, ITrainerEstimator<NormalizingFlowTransformer, NormalizingFlowModelParameters>
{
    internal NormalizingFlowTrainer(IHostEnvironment environment, NormalizingFlowOptions options)
        : base(environment, nameof(NormalizingFlowTrainer), options)
    {
    }

    private protected override AnomalyScoring Scoring => Options.Scoring;

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) => NormalizingFlowMapper.Outputs.Select(output =>
        new SchemaShape.Column(output.Name, SchemaShape.Column.VectorKind.Scalar, output.Type, isKey: false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation())));

    private protected override NormalizingFlowTransformer CreateTransformer(NormalizingFlowModelParameters model, DataViewSchema schema) =>
        new(Host, model, Options.FeatureColumnName, Options.ContextColumnName);
}
