using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a Boolean with a deep-equilibrium model.</summary>
/// <remarks>
/// Label: Boolean. Features: a vector of Single of known size. Output: <c>PredictedLabel</c> (Boolean),
/// <c>Score</c> (Single, log-odds) and <c>Probability</c> (Single, the sigmoid of the score).
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Concatenate("Features", "Radius", "Texture")
///     .Append(ml.BinaryClassification.Trainers.DeepEquilibrium(labelColumnName: "IsMalignant"));
/// </code>
/// </example>
public sealed class DeepEquilibriumBinaryTrainer : DeepEquilibriumTrainer
{
    internal DeepEquilibriumBinaryTrainer(IHostEnvironment environment, DeepEquilibriumOptions options)
        : base(environment, nameof(DeepEquilibriumBinaryTrainer), options)
    {
    }

    private protected override void CheckLabel(SchemaShape.Column label) => InputColumns.CheckScalar(Host, label, "label", BooleanDataViewType.Instance);

    private protected override PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data)
    {
        using Tensor mean = data.Labels.mean();
        return mean.item<float>() is > 0 and < 1
            ? new BinaryTask()
            : throw new InvalidOperationException($"Every row has the same label in column '{label.Name}': there is nothing to tell apart.");
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        const SchemaShape.Column.VectorKind scalar = SchemaShape.Column.VectorKind.Scalar;
        yield return OutputColumn(DefaultColumnNames.Score, scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation());
        yield return OutputColumn(DefaultColumnNames.Probability, scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation(isNormalized: true));
        yield return OutputColumn(DefaultColumnNames.PredictedLabel, scalar, BooleanDataViewType.Instance, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation());
    }
}
