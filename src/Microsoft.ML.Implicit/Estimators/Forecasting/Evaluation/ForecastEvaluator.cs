using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Compares columns of forecasts with a column of what came, slot by slot.</summary>
internal static class ForecastEvaluator
{
    /// <exception cref="ArgumentException">A column is missing or is not a vector of Single of the forecast's size.</exception>
    /// <exception cref="InvalidOperationException">A row's vector has another length than its column's type declares.</exception>
    public static IReadOnlyList<ForecastMetrics> Evaluate(IDataView data, string actual, string forecast, string? lower, string? upper, float confidenceLevel)
    {
        int size = Size(data, forecast);
        string[] names = [.. new[] { actual, forecast, lower, upper }.OfType<string>()];
        foreach (string name in names)
        {
            if (Size(data, name) != size)
            {
                throw new ArgumentException($"Column '{name}' holds {Size(data, name)} values, column '{forecast}' holds {size}.", nameof(data));
            }
        }

        ForecastErrors[] errors = [.. Enumerable.Range(0, size).Select(_ => new ForecastErrors(confidenceLevel))];
        using DataViewRowCursor cursor = data.GetRowCursor(names.Select(name => data.Schema[name]));
        VectorReader<float>?[] readers =
        [
            .. new[] { actual, forecast, lower, upper }.Select(name => name is null ? null : new VectorReader<float>(cursor, data.Schema[name])),
        ];
        var buffers = new VBuffer<float>[readers.Length];
        while (cursor.MoveNext())
        {
            for (int i = 0; i < readers.Length; i++)
            {
                buffers[i] = readers[i]?.Read() ?? default;
            }

            for (int slot = 0; slot < size; slot++)
            {
                errors[slot].Add(
                    buffers[0].GetItemOrDefault(slot),
                    buffers[1].GetItemOrDefault(slot),
                    lower is null ? double.NaN : buffers[2].GetItemOrDefault(slot),
                    upper is null ? double.NaN : buffers[3].GetItemOrDefault(slot));
            }
        }

        return [.. errors.Zip(SlotNames(data.Schema[forecast], size), (sum, name) => sum.ToMetrics(name))];
    }

    private static int Size(IDataView data, string name) =>
        data.Schema.GetColumnOrNull(name) is not { } column
            ? throw new ArgumentException($"The data has no column '{name}'.", nameof(data))
            : column.Type is VectorDataViewType { IsKnownSize: true } type && type.ItemType == NumberDataViewType.Single
                ? type.Size
                : throw new ArgumentException($"Column '{name}' holds {column.Type}; expected a vector of Single of known size.", nameof(data));

    private static IEnumerable<string> SlotNames(DataViewSchema.Column column, int size)
    {
        if (!column.HasSlotNames())
        {
            return Enumerable.Range(0, size).Select(slot => $"{column.Name}[{slot}]");
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return names.DenseValues().Select(name => name.ToString());
    }
}
