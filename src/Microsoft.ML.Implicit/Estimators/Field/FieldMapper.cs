using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps fields to forecasts.</summary>
internal sealed class FieldMapper(FieldModelParameters model, string input, string output, double[] horizon) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = [input];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        InputColumns.FindVector(inputSchema, input, model.Grid.PointCount);
        int[] shape = [horizon.Length, .. model.Grid.Axes.Select(axis => axis.Points)];
        return [new DataViewSchema.DetachedColumn(output, new VectorDataViewType(NumberDataViewType.Single, shape))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new FieldBatch(model, source, source.Schema[input], horizon, capacity);
}
