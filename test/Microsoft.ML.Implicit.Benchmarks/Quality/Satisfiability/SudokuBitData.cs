using Microsoft.ML.Implicit.Samples.SudokuBits;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>Puzzles as bits. Each 9 × 9 board is drawn by itself; of the 288 boards of 4 × 4 a third is only tested on.</summary>
internal sealed class SudokuBitData
{
    public const int SparseFewest = 20;
    public const int SparseMost = 30;

    private const int SmallTestBoards = 88;

    // Which bit stands where.
    private readonly int[] _order;

    public SudokuBitData(SudokuBitSettings settings)
    {
        Grid = new SudokuGrid(settings.Size);
        int[][]? small = settings.Size == 4 ? SudokuPuzzle.SmallBoardsInRandomOrder(Grid, settings.Seed) : null;
        Training = SudokuPuzzle.Draw(Grid, small?[SmallTestBoards..], Enumerable.Range(0, settings.Training), settings.Fewest, settings.Most, settings.Seed);
        Test = SudokuPuzzle.Draw(Grid, small?[..SmallTestBoards], Enumerable.Range(settings.Training, settings.Test), settings.Fewest, settings.Most, settings.Seed);
        Sparse = SudokuPuzzle.Draw(Grid, small?[..SmallTestBoards], Enumerable.Range(settings.Training + settings.Test, settings.Sparse), SparseFewest, SparseMost, settings.Seed);
        _order = [.. Enumerable.Range(0, Grid.Cells * Grid.Size)];
        if (settings.IsPermuted)
        {
            new Random(settings.Seed).Shuffle(_order);
        }
    }

    public SudokuGrid Grid { get; }

    public SudokuPuzzle[] Training { get; }

    public SudokuPuzzle[] Test { get; }

    /// <summary>Boards with few clues to complete.</summary>
    public SudokuPuzzle[] Sparse { get; }

    public IDataView View(MLContext ml, SudokuPuzzle[] puzzles) => ml.Data.LoadFromEnumerable(Boards(puzzles), BitBoard.Schema(Grid));

    /// <summary>Rows of bits, with which of them are given.</summary>
    /// <param name="puzzles">The puzzles.</param>
    /// <param name="hidesOthers">Whether bits that are not given are missing, rather than there to learn from.</param>
    public BitBoard[] Boards(SudokuPuzzle[] puzzles, bool hidesOthers = false) =>
    [
        .. puzzles.Select(puzzle =>
        {
            BitBoard row = BitBoard.Of(Grid, puzzle);
            return new BitBoard { Bits = [.. _order.Select(bit => hidesOthers && !row.Given[bit] ? float.NaN : row.Bits[bit])], Given = [.. _order.Select(bit => row.Given[bit])] };
        }),
    ];

    /// <summary>Puts numbers of bits back into the bits' own order.</summary>
    public float[] Restore(float[] numbers)
    {
        float[] restored = new float[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            restored[_order[i]] = numbers[i];
        }

        return restored;
    }
}
