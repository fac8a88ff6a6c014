using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns that a meta-learned model is trained on, and adapted to.</summary>
/// <param name="Features">Vector of Single.</param>
/// <param name="Label">Label.</param>
/// <param name="Task">Text, a key or a number.</param>
/// <param name="Weight">Example weight, or <see langword="null"/>.</param>
internal sealed record MetaLearnedColumns(string Features, string Label, string Task, string? Weight)
{
    /// <summary>What kind of names the tasks of training have, of which those of other rows must be; <see langword="null"/> before training, and in models that do not say.</summary>
    public string? TaskKind { get; init; }

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public void Check(SchemaShape schema, LabelKind label)
    {
        InputColumns.CheckVector(schema, nameof(MetaLearnedLinearOptions.FeatureColumnName), Features);
        label.Check(InputColumns.Find(schema, nameof(MetaLearnedLinearOptions.LabelColumnName), Label), nameof(MetaLearnedLinearOptions.LabelColumnName));
        GroupName.Check(schema, nameof(MetaLearnedLinearOptions.TaskColumnName), Task);
        InputColumns.CheckWeight(schema, Weight);
    }

    /// <summary>Reads rows and the names of their tasks.</summary>
    /// <exception cref="InvalidOperationException">No row is left, a value is not finite, or a row names no task.</exception>
    public (TrainingSet Rows, IReadOnlyList<string> Tasks) Read(IDataView data, IChannel channel, CancellationToken cancellationToken)
    {
        var reader = new TrainingSetReader(Features, Label, Weight) { GroupColumn = Task };
        return (reader.Read(data, channel, cancellationToken), reader.GroupNames);
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("feature_column", Features);
        writer.Write("label_column", Label);
        writer.Write("task_column", Task);
        writer.Write("weight_column", Weight);
        writer.Write("task_kind", TaskKind);
    }

    public static MetaLearnedColumns Read(DocumentReader reader) =>
        new(reader.Text("feature_column"), reader.Text("label_column"), reader.Text("task_column"), reader.OptionalText("weight_column")) { TaskKind = reader.OptionalText("task_kind") };
}
