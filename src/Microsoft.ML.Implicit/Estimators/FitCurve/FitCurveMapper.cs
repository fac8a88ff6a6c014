using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps the points of batches of rows to the curves fitted to them.</summary>
internal sealed class FitCurveMapper(FitCurveModel model) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = [.. model.Columns.Distinct()];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        model.CheckColumns(inputSchema);
        return [.. model.Outputs.Select(output => Describe(output.Part, output.Name))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new FitCurveBatch(model, source, capacity);

    private DataViewSchema.DetachedColumn Describe(FitCurvePart part, string name)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (FitCurveModel.HasParameterSlots(part))
        {
            ReadOnlyMemory<char>[] names = [.. model.Fitter.Curve.Parameters.Select(parameter => parameter.AsMemory())];
            annotations.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> target) => new VBuffer<ReadOnlyMemory<char>>(names.Length, names).CopyTo(ref target));
        }

        return new DataViewSchema.DetachedColumn(name, model.TypeOf(part), annotations.ToAnnotations());
    }
}
