using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What kind of label a trainer learns: the columns it accepts, the task it makes of one, and the columns that will be predicted.</summary>
internal abstract class LabelKind
{
    /// <exception cref="ArgumentOutOfRangeException">The column has another type.</exception>
    public abstract void Check(IHost host, SchemaShape.Column label);

    /// <summary>Checks what only the label column of data says, before the data is read.</summary>
    public virtual void Check(DataViewSchema.Column label)
    {
    }

    /// <exception cref="InvalidOperationException">There is nothing to tell apart.</exception>
    public abstract PredictionTask CreateTask(DataViewSchema.Column label, TrainingSet data);

    public abstract IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label);

    protected static SchemaShape.Column OutputColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType type, bool isKey, IEnumerable<SchemaShape.Column> annotations) =>
        new(name, kind, type, isKey, new SchemaShape(annotations));

    protected static InvalidOperationException OneLabel(DataViewSchema.Column label) =>
        new($"Every row has the same label in column '{label.Name}': there is nothing to tell apart.");
}
