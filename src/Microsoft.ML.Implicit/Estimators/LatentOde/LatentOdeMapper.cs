using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps rows with a series to forecast columns.</summary>
internal sealed partial class LatentOdeMapper : BatchMapper
{
    private readonly LatentOdeModelParameters _model;
    private readonly SeriesColumns _input;
    private readonly ForecastColumns _output;

    public LatentOdeMapper(LatentOdeModelParameters model, SeriesColumns input, ForecastColumns output)
    {
        _model = model;
        _input = input;
        _output = output;
        InputColumnNames = output.Times is null ? [.. input.All] : [.. input.All.Append(output.Times).Distinct()];
    }

    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        SchemaShape shape = SchemaShape.Create(inputSchema);
        _input.Check(shape);
        _model.Scaling.Categories.Check(_input, CategoryColumns.Of(_input, inputSchema));
        if (_output.Times is not null)
        {
            SeriesColumns.CheckTimes(shape, _output.Times);
        }

        return [.. _output.Names.Select(name =>
        {
            VectorDataViewType type = _output.Type(name, _input.Values.Length, _model.Quantiles);
            return new DataViewSchema.DetachedColumn(name, type, Annotations(name, type));
        })];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new LatentOdeBatch(
            _model,
            new SeriesReader(_input, source),
            _output.Times is null ? null : TimeReader.CreateVector(source, source.Schema[_output.Times]),
            _output,
            capacity);

    private DataViewSchema.Annotations? Annotations(string name, VectorDataViewType type)
    {
        if (!type.IsKnownSize)
        {
            return null;
        }

        var builder = new DataViewSchema.Annotations.Builder();
        ReadOnlyMemory<char>[] names = [.. _output.SlotNames(name, _input.Values, _model.Quantiles).Select(slot => slot.AsMemory())];
        builder.AddSlotNames(type.Size, (ref VBuffer<ReadOnlyMemory<char>> value) => value = new VBuffer<ReadOnlyMemory<char>>(names.Length, names));
        return builder.ToAnnotations();
    }
}
