using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps rows with a series to score columns.</summary>
internal sealed class ControlledEquationMapper(ControlledEquationModelParameters model) : SeriesMapper(model)
{
    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new SeriesBatch(new SeriesReader(Model.Columns, source), capacity, Model.Task.OutputWidth, Model.Score, Model.Task.CreateGetter);

    protected override IReadOnlyList<DataViewSchema.DetachedColumn> CreateOutputColumns(DataViewSchema inputSchema) => Model.Task.GetOutputColumns(inputSchema);
}
