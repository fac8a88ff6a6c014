using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors to latent vectors and log densities, or latent vectors back.</summary>
internal sealed partial class LatentMapper(NormalizingFlowModelParameters model, LatentColumns columns) : BatchMapper
{
    public override int BatchSize => DensityEvaluator.RowsAtOnce;

    public override IReadOnlyList<string> InputColumnNames { get; } = columns.Context is null ? [columns.Input] : [columns.Input, columns.Context];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        InputColumns.FindVector(inputSchema, columns.Input, model.FeatureCount);
        if (columns.Context is not null)
        {
            InputColumns.FindVector(inputSchema, columns.Context, model.ContextCount);
        }

        var vector = new DataViewSchema.DetachedColumn(columns.Output, new VectorDataViewType(NumberDataViewType.Single, model.FeatureCount));
        return columns.LogDensity is null ? [vector] : [vector, new DataViewSchema.DetachedColumn(columns.LogDensity, NumberDataViewType.Single)];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new DensityBatch(model, columns.IsInverse ? DensityOperation.Decode : DensityOperation.Encode, source, columns.Input, columns.Context, capacity, CreateGetter);

    private Delegate CreateGetter(DensityBatch batch, int column, Func<int> slot) => column == 1
        ? (ValueGetter<float>)((ref float value) => value = batch.LogDensity(slot()))
        : batch.CreateVectorGetter(batch.Mapped, slot);
}
