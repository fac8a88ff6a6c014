using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.SudokuBits;

/// <summary>A board as bits, one a cell and digit, and which of them the puzzle gives.</summary>
internal sealed class BitBoard
{
    public float[] Bits { get; set; } = [];

    public bool[] Given { get; set; } = [];

    public static BitBoard Of(SudokuGrid grid, SudokuPuzzle puzzle)
    {
        var row = new BitBoard { Bits = new float[grid.Cells * grid.Size], Given = new bool[grid.Cells * grid.Size] };
        for (int cell = 0; cell < grid.Cells; cell++)
        {
            row.Bits[(cell * grid.Size) + puzzle.Board[cell]] = 1;
            row.Given.AsSpan(cell * grid.Size, grid.Size).Fill(puzzle.Clues[cell] >= 0);
        }

        return row;
    }

    /// <summary>The columns of boards of a size.</summary>
    public static SchemaDefinition Schema(SudokuGrid grid)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(BitBoard));
        schema[nameof(Bits)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, grid.Cells * grid.Size);
        schema[nameof(Given)].ColumnType = new VectorDataViewType(BooleanDataViewType.Instance, grid.Cells * grid.Size);
        return schema;
    }

    /// <summary>The digit of each cell that is most likely.</summary>
    /// <param name="grid">The rules.</param>
    /// <param name="completed">Completed bits.</param>
    /// <param name="confidence">How sure each is.</param>
    public static int[] Digits(SudokuGrid grid, float[] completed, float[] confidence) =>
        [.. Enumerable.Range(0, grid.Cells).Select(cell => Enumerable.Range(cell * grid.Size, grid.Size).MaxBy(bit => completed[bit] > 0.5f ? confidence[bit] : -confidence[bit]) % grid.Size)];
}
