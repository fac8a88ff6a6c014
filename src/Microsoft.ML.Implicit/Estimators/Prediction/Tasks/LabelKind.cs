using Microsoft.ML.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What kind of label a trainer learns: the columns it accepts, the task it makes of one, and the columns that will be predicted.</summary>
internal abstract class LabelKind
{
    /// <summary>What a column of a type is taken for.</summary>
    public static LabelKind Of(SchemaShape.Column label) => label.IsKey ? new MulticlassLabel() : label.ItemType is BooleanDataViewType ? new BinaryLabel() : new RegressionLabel();

    /// <summary>Whether one label can be more than another.</summary>
    public virtual bool HasOrder => true;

    /// <param name="label">The label column.</param>
    /// <param name="setting">The option that names it.</param>
    /// <exception cref="ArgumentException">The column has another type.</exception>
    public abstract void Check(SchemaShape.Column label, string setting);

    /// <summary>Checks what only the label column of data says, before the data is read.</summary>
    public virtual void Check(DataViewSchema.Column label)
    {
    }

    /// <param name="label">The label column.</param>
    /// <param name="labels">Labels of the rows that are trained on, [rows]: places of keys from 0, 0 or 1, or numbers.</param>
    /// <exception cref="InvalidOperationException">There is nothing to tell apart.</exception>
    public abstract PredictionTask CreateTask(DataViewSchema.Column label, Tensor labels);

    public abstract IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label);

    protected static SchemaShape.Column OutputColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType type, bool isKey, IEnumerable<SchemaShape.Column> annotations) =>
        new(name, kind, type, isKey, new SchemaShape(annotations));

    protected static InvalidOperationException OneLabel(DataViewSchema.Column label) =>
        new($"Every row has the same label in column '{label.Name}': there is nothing to tell apart.");
}
