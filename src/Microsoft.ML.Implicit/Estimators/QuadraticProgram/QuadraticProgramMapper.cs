using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps the data of batches of quadratic programs to their solutions.</summary>
internal sealed partial class QuadraticProgramMapper(QuadraticProgramModel model) : BatchMapper
{
    public override int BatchSize => 256;

    public override IReadOnlyList<string> InputColumnNames { get; } = model.Template.ColumnNames;

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema) =>
        model.Outputs.Describe(
            new QuadraticBinding(model.Template, inputSchema), model.Template.NamesIn(inputSchema));

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new QuadraticProgramBatch(model, source, capacity);
}
