using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps rows with a series to forecasts and energies.</summary>
internal sealed class MechanicsMapper(MechanicsModelParameters model, SeriesColumns input, MechanicsColumns output) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = output.Times is null ? [.. input.All] : [.. input.All.Append(output.Times).Distinct()];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        MechanicsForecaster.Check(SchemaShape.Create(inputSchema), input, output);
        return [.. output.Names.Select(name => new DataViewSchema.DetachedColumn(name, output.Type(name, input.Values.Length), Annotations(name)))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new MechanicsBatch(
        model, new SeriesReader(input, source), output.Times is null ? null : TimeReader.CreateVector(source, source.Schema[output.Times]), output, capacity);

    private DataViewSchema.Annotations? Annotations(string name)
    {
        if (name == output.Energy || name == output.EnergyHistory || output.Times is not null)
        {
            return null;
        }

        var builder = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] names = [.. output.SlotNames(input.Values).Select(slot => slot.AsMemory())];
        builder.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => value = new VBuffer<ReadOnlyMemory<char>>(names.Length, names));
        return builder.ToAnnotations();
    }
}
