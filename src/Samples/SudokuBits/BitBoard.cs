namespace Microsoft.ML.Implicit.Samples.SudokuBits;

/// <summary>A board as bits, one a cell and digit, and which of them the puzzle gives.</summary>
internal sealed class BitBoard
{
    public float[] Bits { get; set; } = [];

    public bool[] Given { get; set; } = [];

    public static BitBoard Of(SudokuGrid grid, int[] board, int[] puzzle)
    {
        var row = new BitBoard { Bits = new float[grid.Cells * grid.Size], Given = new bool[grid.Cells * grid.Size] };
        for (int cell = 0; cell < grid.Cells; cell++)
        {
            row.Bits[(cell * grid.Size) + board[cell]] = 1;
            row.Given.AsSpan(cell * grid.Size, grid.Size).Fill(puzzle[cell] >= 0);
        }

        return row;
    }

    /// <summary>The digit of each cell that is most likely.</summary>
    /// <param name="grid">The rules.</param>
    /// <param name="completed">Completed bits.</param>
    /// <param name="confidence">How sure each is.</param>
    public static int[] Digits(SudokuGrid grid, float[] completed, float[] confidence) =>
        [.. Enumerable.Range(0, grid.Cells).Select(cell => Enumerable.Range(cell * grid.Size, grid.Size).MaxBy(bit => completed[bit] > 0.5f ? confidence[bit] : -confidence[bit]) % grid.Size)];
}
