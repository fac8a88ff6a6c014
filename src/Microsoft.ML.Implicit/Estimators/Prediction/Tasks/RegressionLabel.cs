using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A number.</summary>
internal sealed class RegressionLabel : LabelKind
{
    public override void Check(SchemaShape.Column label, string setting) => InputColumns.CheckScalar(label, setting, NumberDataViewType.Single);

    public override PredictionTask CreateTask(DataViewSchema.Column label, Tensor labels) => RegressionTask.Of(labels);

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label) =>
        [OutputColumn(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation())];
}
