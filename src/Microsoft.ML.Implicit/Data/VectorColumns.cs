namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads vector columns as a whole.</summary>
internal static class VectorColumns
{
    /// <summary>Reads all columns with one cursor: another could give the rows in another order.</summary>
    /// <returns>For each column its vectors, row by row.</returns>
    /// <exception cref="InvalidOperationException">A row's vector has another length than its column's type declares.</exception>
    public static float[][] Read(IDataView data, IReadOnlyList<DataViewSchema.Column> columns)
    {
        using DataViewRowCursor cursor = data.GetRowCursor(columns.DistinctBy(column => column.Index));
        VectorReader<float>[] readers = [.. columns.Select(column => new VectorReader<float>(cursor, column))];
        List<float>[] values = [.. columns.Select(_ => new List<float>())];
        while (cursor.MoveNext())
        {
            for (int i = 0; i < readers.Length; i++)
            {
                values[i].AddRange(readers[i].Read().DenseValues());
            }
        }

        return Array.ConvertAll(values, column => column.ToArray());
    }
}
