using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors and tasks to score columns.</summary>
internal sealed class MetaLearnedLinearMapper(MetaLearnedLinearModel model) : BatchMapper
{
    public override int BatchSize => 512;

    public override IReadOnlyList<string> InputColumnNames { get; } = [model.Columns.Features, model.Columns.Task];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        InputColumns.FindVector(inputSchema, model.Columns.Features, model.FeatureCount);
        GroupName.Find(inputSchema, model.Columns.Task, model.Columns.TaskKind);
        return model.Task.GetOutputColumns(inputSchema);
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new MetaLearnedLinearBatch(model, source, capacity);
}
