using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps rows with a series to a column of simulated paths.</summary>
internal sealed class SdeSimulationMapper(LatentSdeModelParameters model, SeriesColumns input, ForecastColumns forecast, SdeSimulationOptions options) : BatchMapper
{
    public override int BatchSize => 16;

    public override IReadOnlyList<string> InputColumnNames { get; } = forecast.InputNames(input);

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        model.CheckInput(inputSchema, input, forecast.Times);
        if (forecast.Times is not null)
        {
            return [new DataViewSchema.DetachedColumn(options.OutputColumnName, new VectorDataViewType(NumberDataViewType.Single))];
        }

        ReadOnlyMemory<char>[] names =
        [
            .. forecast.SlotNames(forecast.Forecast, input.Values, ForecastQuantiles.None).SelectMany(slot => Enumerable.Range(0, options.PathCount)
                .Select(path => string.Create(CultureInfo.InvariantCulture, $"{slot}#{path}").AsMemory())),
        ];
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => value = new VBuffer<ReadOnlyMemory<char>>(names.Length, names));
        return [new DataViewSchema.DetachedColumn(options.OutputColumnName, new VectorDataViewType(NumberDataViewType.Single, names.Length), builder.ToAnnotations())];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new SdeSimulationBatch(model, new SeriesReader(input, source), forecast.TimesReader(source), forecast.Horizon, options, capacity);
}
