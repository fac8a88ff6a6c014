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

    /// <summary>Whether rows may all have the same label, as in parts of a problem with several classes.</summary>
    internal bool TakesOneLabel { get; init; }

    /// <summary>The same trainer for a part of a problem with several classes.</summary>
    internal DeepEquilibriumBinaryTrainer ForPart() => new(Host, Options) { TakesOneLabel = true };

    private protected override void CheckLabel(SchemaShape.Column label) => InputColumns.CheckScalar(Host, label, "label", BooleanDataViewType.Instance);

    private protected override PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data)
    {
        using Tensor mean = data.Labels.mean();
        return TakesOneLabel || mean.item<float>() is > 0 and < 1
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
