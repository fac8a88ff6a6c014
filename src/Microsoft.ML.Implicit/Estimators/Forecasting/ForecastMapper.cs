using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps rows with a series to forecast columns.</summary>
internal sealed partial class ForecastMapper : BatchMapper
{
    private readonly ForecastModelParameters _model;
    private readonly SeriesColumns _input;
    private readonly ForecastColumns _output;

    public ForecastMapper(ForecastModelParameters model, SeriesColumns input, ForecastColumns output)
    {
        _model = model;
        _input = input;
        _output = output;
        InputColumnNames = output.InputNames(input);
    }

    public override int BatchSize => 256;

    public override IReadOnlyList<string> InputColumnNames { get; }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        _model.CheckInput(inputSchema, _input, _output.Times);
        return [.. _output.Names.Select(name =>
        {
            VectorDataViewType type = _output.Type(name, _input.Values.Length, _model.Quantiles);
            return new DataViewSchema.DetachedColumn(name, type, Annotations(name, type));
        })];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new SeriesForecastBatch(_model, new SeriesReader(_input, source), _output.TimesReader(source), _output, capacity);

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
