using Microsoft.ML.Implicit.Samples.SudokuBits;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>Puzzles with one solution each. Each 9 × 9 board is drawn by itself; of the 288 boards of 4 × 4 a third is only tested on.</summary>
internal sealed class SudokuBitData
{
    private const int SmallBoards = 288;
    private const int SmallTestBoards = 88;

    private readonly SudokuBitSettings _settings;

    public SudokuBitData(SudokuBitSettings settings)
    {
        _settings = settings;
        Grid = new SudokuGrid(settings.Size);
        int[][]? small = settings.Size == 4 ? SmallGrids() : null;
        Training = Draw(0, settings.Training, small?[SmallTestBoards..]);
        Test = Draw(settings.Training, settings.Test, small?[..SmallTestBoards]);
        Order = [.. Enumerable.Range(0, Grid.Cells * Grid.Size)];
        if (settings.IsPermuted)
        {
            new Random(settings.Seed).Shuffle(Order);
        }
    }

    public SudokuGrid Grid { get; }

    public (int[] Board, int[] Puzzle)[] Training { get; }

    public (int[] Board, int[] Puzzle)[] Test { get; }

    /// <summary>Which bit stands where.</summary>
    public int[] Order { get; }

    public BitBoard[] Rows((int[] Board, int[] Puzzle)[] boards) => [.. boards.Select(pair =>
    {
        BitBoard row = BitBoard.Of(Grid, pair.Board, pair.Puzzle);
        return new BitBoard { Bits = [.. Order.Select(bit => row.Bits[bit])], Given = [.. Order.Select(bit => row.Given[bit])] };
    })];

    /// <summary>Puts bits back into their own order.</summary>
    public float[] Restore(float[] bits)
    {
        float[] restored = new float[bits.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            restored[Order[i]] = bits[i];
        }

        return restored;
    }

    // Each puzzle has a source of its own: they are the same on any number of threads.
    private (int[] Board, int[] Puzzle)[] Draw(int first, int count, int[][]? boards) => [.. Enumerable.Range(first, count).AsParallel().AsOrdered().Select(number =>
    {
        var random = new Random(unchecked((_settings.Seed * 1_000_003) + number));
        while (true)
        {
            int[] board = boards is null ? Grid.Draw(random) : boards[random.Next(boards.Length)];
            int[] puzzle = Grid.Remove(board, random.Next(_settings.Fewest, _settings.Most + 1), random);
            if (puzzle.Count(digit => digit >= 0) <= _settings.Most)
            {
                return (board, puzzle);
            }
        }
    })];

    private int[][] SmallGrids()
    {
        var random = new Random(_settings.Seed);
        var grids = new Dictionary<string, int[]>();
        while (grids.Count < SmallBoards)
        {
            int[] board = Grid.Draw(random);
            grids.TryAdd(string.Concat(board), board);
        }

        return [.. grids.Values];
    }
}
