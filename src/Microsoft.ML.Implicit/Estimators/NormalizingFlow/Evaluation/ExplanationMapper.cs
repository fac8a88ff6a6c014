using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors to explanations of their scores.</summary>
internal sealed class ExplanationMapper(NormalizingFlowModelParameters model, ExplanationColumns columns) : BatchMapper
{
    // Each is scored many times over.
    public override int BatchSize => 16;

    public override IReadOnlyList<string> InputColumnNames { get; } = columns.Context is null ? [columns.Input] : [columns.Input, columns.Context];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        DataViewSchema.Column features = InputColumns.FindVector(inputSchema, columns.Input, model.FeatureCount);
        if (columns.Context is not null)
        {
            InputColumns.FindVector(inputSchema, columns.Context, model.ContextCount);
        }

        var annotations = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] names = Array.ConvertAll(SlotNames.Of(features), name => name.AsMemory());
        if (names.Length > 0)
        {
            annotations.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => value = new VBuffer<ReadOnlyMemory<char>>(names.Length, names));
        }

        var type = new VectorDataViewType(NumberDataViewType.Single, model.FeatureCount);
        return [.. new[] { columns.Contributions, columns.TypicalRow }.Select(name => new DataViewSchema.DetachedColumn(name, type, annotations.ToAnnotations()))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new DensityBatch(model, DensityOperation.Explain, source, columns.Input, columns.Context, capacity, (batch, column, slot) => batch.CreateVectorGetter(column == 0 ? batch.Mapped : batch.Typical, slot));
}
