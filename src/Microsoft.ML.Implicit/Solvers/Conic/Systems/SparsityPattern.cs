namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>Where a matrix has entries, row by row.</summary>
/// <param name="Columns">Number of columns.</param>
/// <param name="RowStarts">Where each row begins among the entries, and the end.</param>
/// <param name="ColumnIndices">Their columns, ascending in each row.</param>
internal sealed record SparsityPattern(int Columns, int[] RowStarts, int[] ColumnIndices)
{
    public int Rows => RowStarts.Length - 1;

    public int Count => ColumnIndices.Length;

    public ReadOnlySpan<int> Row(int row) => ColumnIndices.AsSpan(RowStarts[row], RowStarts[row + 1] - RowStarts[row]);

    public bool Equals(SparsityPattern? other) =>
        other is not null && Columns == other.Columns && RowStarts.AsSpan().SequenceEqual(other.RowStarts) && ColumnIndices.AsSpan().SequenceEqual(other.ColumnIndices);

    public override int GetHashCode() => HashCode.Combine(Columns, Rows, Count);

    /// <summary>The pattern of entries that are marked, row by row.</summary>
    public static SparsityPattern Of(ReadOnlySpan<bool> marks, int rows, int columns)
    {
        int[] starts = new int[rows + 1];
        List<int> indices = [];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                if (marks[(i * columns) + j])
                {
                    indices.Add(j);
                }
            }

            starts[i + 1] = indices.Count;
        }

        return new SparsityPattern(columns, starts, [.. indices]);
    }
}
