using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of incomplete bits to completed ones.</summary>
internal sealed class MaximumSatisfiabilityMapper(BitColumns columns, CompletionOutputs outputs, MaximumSatisfiabilityModelParameters model) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames => columns.Names;

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        var type = new VectorDataViewType(NumberDataViewType.Single, columns.Length(inputSchema, model.BitCount));
        return [.. outputs.Names.Select(name => new DataViewSchema.DetachedColumn(name, type))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new CompletionBatch(new BitReader(source, columns), capacity, outputs, model);
}
