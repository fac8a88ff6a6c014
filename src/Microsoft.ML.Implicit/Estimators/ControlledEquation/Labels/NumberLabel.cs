using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Numbers, which are standardised within the model.</summary>
internal sealed class NumberLabel : LabelKind
{
    public override void Check(IExceptionContext context, SchemaShape.Column label) => InputColumns.CheckScalar(context, label, "label", NumberDataViewType.Single);

    public override PredictionTask CreateTask(DataViewSchema.Column label, IReadOnlyList<float> labels)
    {
        double mean = labels.Average(value => (double)value);
        float deviation = (float)Math.Sqrt(labels.Average(value => (value - mean) * (value - mean)));
        return new RegressionTask((float)mean, deviation > 0 ? deviation : 1);
    }

    public override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label) =>
        [Output(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, isKey: false, AnnotationUtils.GetTrainerOutputAnnotation())];
}
