using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps vectors of batches of rows by a function.</summary>
internal sealed class SignalMapper(SignalFunction function, string inputColumnName, string outputColumnName) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = [inputColumnName];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema) =>
        [new DataViewSchema.DetachedColumn(outputColumnName, new VectorDataViewType(NumberDataViewType.Single, PointColumn.Find(inputSchema, inputColumnName).Type.GetVectorSize()))];

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new SignalBatch(function, source, inputColumnName, capacity);
}
