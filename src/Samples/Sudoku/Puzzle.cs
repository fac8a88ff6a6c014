using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Sudoku;

/// <summary>A puzzle and its board, one slot a cell and digit.</summary>
internal sealed class Puzzle
{
    /// <summary>-1 for a given digit, else 0: as costs, they pull towards the given digits.</summary>
    [VectorType(SudokuBoards.Length)]
    public float[] Costs { get; set; } = [];

    /// <summary>1 for the digit of each cell.</summary>
    [VectorType(SudokuBoards.Length)]
    public float[] Board { get; set; } = [];

    /// <summary>Whether a cell's digit is given.</summary>
    public bool IsGiven(int cell) => Costs.AsSpan(cell * SudokuBoards.Size, SudokuBoards.Size).Contains(-1);

    /// <summary>Removes 4 to 10 digits of a board in such a way that the rest determine it.</summary>
    public static Puzzle Create(int[] board, Random random)
    {
        float[] given = SudokuBoards.Encode(SudokuBoards.Puzzle(board, random.Next(4, 11), random));
        return new Puzzle { Costs = [.. given.Select(digit => -digit)], Board = SudokuBoards.Encode(board) };
    }
}
