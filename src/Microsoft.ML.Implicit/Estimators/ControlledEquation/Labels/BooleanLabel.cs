using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>True or false.</summary>
internal sealed class BooleanLabel : LabelKind
{
    public override void Check(IExceptionContext context, SchemaShape.Column label) => InputColumns.CheckScalar(context, label, "label", BooleanDataViewType.Instance);

    public override PredictionTask CreateTask(DataViewSchema.Column label, IReadOnlyList<float> labels)
    {
        RequireSeveral(label, labels);
        return new BinaryTask();
    }

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label)
    {
        const SchemaShape.Column.VectorKind scalar = SchemaShape.Column.VectorKind.Scalar;
        yield return Output(DefaultColumnNames.Score, scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation());
        yield return Output(DefaultColumnNames.Probability, scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation(isNormalized: true));
        yield return Output(DefaultColumnNames.PredictedLabel, scalar, BooleanDataViewType.Instance, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation());
    }
}
