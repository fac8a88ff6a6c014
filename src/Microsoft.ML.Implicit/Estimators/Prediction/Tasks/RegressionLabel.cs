using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A number.</summary>
internal sealed class RegressionLabel : LabelKind
{
    public override void Check(SchemaShape.Column label, string setting) => InputColumns.CheckScalar(label, setting, NumberDataViewType.Single);

    public override PredictionTask CreateTask(DataViewSchema.Column label, Tensor labels)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = labels.to(ScalarType.Float64);
        double mean = values.mean().item<double>();
        float deviation = (float)(values - mean.Held()).Squared().mean().sqrt().item<double>();
        return new RegressionTask((float)mean, deviation > 0 ? deviation : 1);
    }

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label) =>
        [OutputColumn(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation())];
}
