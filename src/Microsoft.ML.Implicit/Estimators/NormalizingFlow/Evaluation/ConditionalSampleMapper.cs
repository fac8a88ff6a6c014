using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of contexts to samples of the density that they condition.</summary>
internal sealed class ConditionalSampleMapper(NormalizingFlowModelParameters model, string contextColumnName, int seed, string outputColumnName) : BatchMapper
{
    public override int BatchSize => 1024;

    public override IReadOnlyList<string> InputColumnNames { get; } = [contextColumnName];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        InputColumns.FindVector(inputSchema, contextColumnName, model.ContextCount);
        return [new DataViewSchema.DetachedColumn(outputColumnName, new VectorDataViewType(NumberDataViewType.Single, model.FeatureCount))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new ConditionalSampleBatch(model, source, contextColumnName, seed, capacity);
}
