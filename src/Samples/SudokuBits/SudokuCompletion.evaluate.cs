using System.Globalization;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.SudokuBits;

internal static partial class SudokuCompletion
{
    /// <summary>Fraction of puzzles of which every cell is right.</summary>
    private static double Solved(MLContext ml, SudokuGrid grid, ITransformer model, SudokuPuzzle[] puzzles)
    {
        IDataView scored = model.Transform(View(ml, grid, puzzles));
        IEnumerable<float[]> completed = scored.GetColumn<float[]>("Completed"), confidence = scored.GetColumn<float[]>("Confidence");
        return completed.Zip(confidence, (bits, sure) => BitBoard.Digits(grid, bits, sure)).Zip(puzzles, (digits, puzzle) => digits.AsSpan().SequenceEqual(puzzle.Board) ? 1.0 : 0).Average();
    }

    private static void PrintExample(SudokuGrid grid, SudokuPuzzle puzzle, int[] solution)
    {
        var table = new Table { Border = TableBorder.Square, ShowRowSeparators = true, ShowHeaders = false };
        for (int column = 0; column < grid.Size; column++)
        {
            table.AddColumn(string.Empty);
        }

        foreach (int[] row in Enumerable.Range(0, grid.Cells).Chunk(grid.Size))
        {
            table.AddRow([.. row.Select(cell => string.Create(CultureInfo.InvariantCulture, $"[{Style(puzzle, solution, cell)}]{solution[cell] + 1}[/]"))]);
        }

        AnsiConsole.Write(table);
    }

    private static string Style(SudokuPuzzle puzzle, int[] solution, int cell) =>
        puzzle.Clues[cell] >= 0 ? "bold" : solution[cell] == puzzle.Board[cell] ? "green" : "red";
}
