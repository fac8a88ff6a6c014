using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a label column holds, and so what is predicted.</summary>
internal abstract class LabelKind
{
    /// <summary>One of several classes.</summary>
    public static LabelKind Classes { get; } = new ClassLabel();

    /// <summary>True or false.</summary>
    public static LabelKind Boolean { get; } = new BooleanLabel();

    /// <summary>A number.</summary>
    public static LabelKind Number { get; } = new NumberLabel();

    /// <summary>What a column of a type is taken for.</summary>
    public static LabelKind Of(SchemaShape.Column label) => label.IsKey ? Classes : label.ItemType is BooleanDataViewType ? Boolean : Number;

    /// <exception cref="ArgumentException">The column holds something else.</exception>
    public abstract void Check(IExceptionContext context, SchemaShape.Column label);

    /// <summary>Checks what only the label column of data says, before the data is read.</summary>
    public virtual void Check(DataViewSchema.Column label)
    {
    }

    /// <exception cref="InvalidOperationException">There is nothing to tell apart.</exception>
    public abstract PredictionTask CreateTask(DataViewSchema.Column label, IReadOnlyList<float> labels);

    public abstract IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape.Column label);

    protected static SchemaShape.Column Output(string name, SchemaShape.Column.VectorKind kind, DataViewType type, bool isKey, IEnumerable<SchemaShape.Column> annotations) =>
        new(name, kind, type, isKey, new SchemaShape(annotations));

    protected static void RequireSeveral(DataViewSchema.Column label, IReadOnlyList<float> labels)
    {
        if (labels.All(value => value == labels[0]))
        {
            throw new InvalidOperationException($"Every row has the same label in column '{label.Name}': there is nothing to tell apart.");
        }
    }
}
