using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A Boolean.</summary>
internal sealed class BinaryLabel : LabelKind
{
    /// <summary>Whether rows may all have the same label, as in parts of a problem with several classes.</summary>
    public bool TakesOneLabel { get; init; }

    public override void Check(SchemaShape.Column label, string setting) => InputColumns.CheckScalar(label, setting, BooleanDataViewType.Instance);

    public override PredictionTask CreateTask(DataViewSchema.Column label, Tensor labels)
    {
        using Tensor mean = labels.mean();
        return TakesOneLabel || mean.item<float>() is > 0 and < 1 ? new BinaryTask() : throw OneLabel(label);
    }

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label)
    {
        const SchemaShape.Column.VectorKind scalar = SchemaShape.Column.VectorKind.Scalar;
        yield return OutputColumn(DefaultColumnNames.Score, scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation());
        yield return OutputColumn(DefaultColumnNames.Probability, scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation(isNormalized: true));
        yield return OutputColumn(DefaultColumnNames.PredictedLabel, scalar, BooleanDataViewType.Instance, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation());
    }
}
