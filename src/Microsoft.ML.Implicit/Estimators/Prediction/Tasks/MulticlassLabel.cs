using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A key of known count.</summary>
internal sealed class MulticlassLabel : LabelKind
{
    // Each class has a score a row and a weight a hidden unit.
    private const int MaximumClassCount = 100_000;

    public override bool HasOrder => false;

    public override void Check(SchemaShape.Column label, string setting) =>
        InputColumns.Check(label, setting, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && column.IsKey, "a key, such as Transforms.Conversion.MapValueToKey makes");

    public override void Check(DataViewSchema.Column label)
    {
        ulong count = label.Type.GetKeyCount();
        if (count is 0 or > MaximumClassCount)
        {
            throw new InvalidOperationException(
                $"The key type of label column '{label.Name}' counts {count} classes; at most {MaximumClassCount} can be learned. A count of the classes that there are comes from Transforms.Conversion.MapValueToKey.");
        }
    }

    public override PredictionTask CreateTask(DataViewSchema.Column label, Tensor labels)
    {
        using Tensor first = labels[0];
        using Tensor differs = labels.ne(first);
        using Tensor any = differs.any();
        return any.item<bool>()
            ? new MulticlassTask((int)label.Type.GetKeyCount(), LabelValues.Of(label))
            : throw OneLabel(label);
    }

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label)
    {
        IEnumerable<SchemaShape.Column> predicted = AnnotationUtils.GetTrainerOutputAnnotation();
        if (label.Annotations.TryFindColumn(AnnotationUtils.Kinds.KeyValues, out SchemaShape.Column values))
        {
            predicted = predicted.Append(values);
        }

        yield return OutputColumn(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, isKey: false, AnnotationUtils.AnnotationsForMulticlassScoreColumn(label));
        yield return OutputColumn(DefaultColumnNames.PredictedLabel, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, isKey: true, predicted);
    }
}
