using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts one of several classes with a deep-equilibrium model.</summary>
/// <remarks>
/// Label: a key of known count, at most 100,000, as <c>MapValueToKey</c> gives. Features: a vector of Single of known size.
/// Output: <c>PredictedLabel</c> (key) and <c>Score</c> (vector of Single, the class probabilities).
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
///     .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
/// </code>
/// </example>
public sealed class DeepEquilibriumMulticlassTrainer : DeepEquilibriumTrainer
{
    // Each class has a score a row and a weight a hidden unit.
    private const int MaximumClassCount = 100_000;

    internal DeepEquilibriumMulticlassTrainer(IHostEnvironment environment, DeepEquilibriumOptions options)
        : base(environment, nameof(DeepEquilibriumMulticlassTrainer), options)
    {
    }

    private protected override void CheckLabel(SchemaShape.Column label)
    {
        if (label.Kind != SchemaShape.Column.VectorKind.Scalar || !label.IsKey)
        {
            throw Host.ExceptSchemaMismatch("schema", "label", label.Name, "Key", label.GetTypeString());
        }
    }

    private protected override void CheckLabel(DataViewSchema.Column label)
    {
        ulong count = label.Type.GetKeyCount();
        if (count is 0 or > MaximumClassCount)
        {
            throw new InvalidOperationException(
                $"The key type of label column '{label.Name}' counts {count} classes; at most {MaximumClassCount} can be learned. A count of the classes that there are comes from Transforms.Conversion.MapValueToKey.");
        }
    }

    private protected override PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data)
    {
        using Tensor first = data.Labels[0];
        using Tensor differs = data.Labels.ne(first);
        using Tensor any = differs.any();
        return any.item<bool>()
            ? new MulticlassTask((int)label.Type.GetKeyCount(), LabelValues.Of(label))
            : throw new InvalidOperationException($"Every row has the same label in column '{label.Name}': there is nothing to tell apart.");
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema)
    {
        SchemaShape.Column label = inputSchema.First(column => column.Name == Options.LabelColumnName);
        IEnumerable<SchemaShape.Column> predicted = AnnotationUtils.GetTrainerOutputAnnotation();
        if (label.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values))
        {
            predicted = predicted.Append(values);
        }

        yield return OutputColumn(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, AnnotationUtils.AnnotationsForMulticlassScoreColumn(label));
        yield return OutputColumn(DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, predicted);
    }
}
