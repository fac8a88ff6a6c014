using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a number with a deep-equilibrium model.</summary>
/// <remarks>
/// Label: Single. Features: a vector of Single of known size. Output: <c>Score</c> (Single, in the label's unit).
/// The label is standardised inside the model.
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Concatenate("Features", "Cement", "Water", "Age")
///     .Append(ml.Regression.Trainers.DeepEquilibrium(labelColumnName: "Strength"));
/// </code>
/// </example>
public sealed class DeepEquilibriumRegressionTrainer : DeepEquilibriumTrainer
{
    internal DeepEquilibriumRegressionTrainer(IHostEnvironment environment, DeepEquilibriumOptions options)
        : base(environment, nameof(DeepEquilibriumRegressionTrainer), options)
    {
    }

    private protected override void CheckLabel(SchemaShape.Column label) => InputColumns.CheckScalar(Host, label, "label", NumberDataViewType.Single);

    private protected override PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor labels = data.Labels.to(ScalarType.Float64);
        double mean = labels.mean().item<double>();
        float deviation = (float)(labels - mean.Held()).Squared().mean().sqrt().item<double>();
        return new RegressionTask((float)mean, deviation > 0 ? deviation : 1);
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        [OutputColumn(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation())];
}
