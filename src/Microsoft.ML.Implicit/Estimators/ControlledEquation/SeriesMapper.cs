using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of rows with a series each to new columns.</summary>
/// <param name="model">The model that reads the series.</param>
internal abstract class SeriesMapper(ControlledEquationModelParameters model) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = [.. model.Columns.All];

    protected ControlledEquationModelParameters Model => model;

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        model.Columns.Check(SchemaShape.Create(inputSchema));
        model.Units.Categories.Check(model.Columns, CategoryColumns.Of(model.Columns, inputSchema));
        return CreateOutputColumns(inputSchema);
    }

    protected abstract IReadOnlyList<DataViewSchema.DetachedColumn> CreateOutputColumns(DataViewSchema inputSchema);
}
