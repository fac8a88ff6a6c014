using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A number.</summary>
internal sealed class RegressionLabel : LabelKind
{
    public override void Check(IHost host, SchemaShape.Column label) => InputColumns.CheckScalar(host, label, "label", NumberDataViewType.Single);

    public override PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor labels = data.Labels.to(ScalarType.Float64);
        double mean = labels.mean().item<double>();
        float deviation = (float)(labels - mean.Held()).Squared().mean().sqrt().item<double>();
        return new RegressionTask((float)mean, deviation > 0 ? deviation : 1);
    }

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label) =>
        [OutputColumn(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation())];
}
