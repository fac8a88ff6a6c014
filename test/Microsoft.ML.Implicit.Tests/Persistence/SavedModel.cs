using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>A model, rows for it and the columns that it writes.</summary>
internal sealed record SavedModel(ITransformer Model, IDataView Rows, params string[] Outputs)
{
    /// <summary>What a model writes about rows: numbers, and everything else as text, row by row.</summary>
    public static IReadOnlyList<(string Column, float[] Numbers, string? Text)> Read(IDataView scored, IReadOnlyList<string> columns)
    {
        var cells = new List<(string, float[], string?)>();
        foreach (DataDebuggerPreview.RowInfo row in scored.Preview().RowView)
        {
            foreach (string column in columns)
            {
                object value = row.Values.Last(cell => cell.Key == column).Value;
                cells.Add(value switch
                {
                    float number => (column, [number], null),
                    VBuffer<float> numbers => (column, [.. numbers.DenseValues()], null),
                    VBuffer<double> numbers => (column, [.. numbers.DenseValues().Select(number => (float)number)], null),
                    _ => (column, [], value.ToString()),
                });
            }
        }

        return cells;
    }
}
