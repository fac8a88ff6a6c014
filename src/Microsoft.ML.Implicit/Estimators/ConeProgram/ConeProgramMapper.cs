using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps the parameters of batches of cone programs to their solutions.</summary>
internal sealed class ConeProgramMapper(ConeProgramModel model) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = [.. model.Given.Select(pair => pair.Column).Distinct()];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        model.CheckColumns(inputSchema);
        return [.. model.Outputs.Select(column => new DataViewSchema.DetachedColumn(column.Name, column.Type))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new ConeProgramBatch(model, source, capacity);
}
