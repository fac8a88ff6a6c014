namespace Microsoft.ML.Implicit.Samples.SudokuBits;

/// <summary>A puzzle with one solution.</summary>
/// <param name="Board">The solution.</param>
/// <param name="Clues">The digits that are given, -1 for none.</param>
internal sealed record SudokuPuzzle(int[] Board, int[] Clues)
{
    private const int SmallBoards = 288;

    public int ClueCount => Clues.Count(digit => digit >= 0);

    /// <summary>Draws puzzles, each from a source of its own: they are the same on any number of threads.</summary>
    /// <param name="grid">The rules.</param>
    /// <param name="boards">Boards to draw from; null to draw each board by itself.</param>
    /// <param name="numbers">Numbers of the puzzles, which with the seed make them what they are.</param>
    /// <param name="fewest">Fewest clues that are asked for; where the solution would not be the only one, more are left.</param>
    /// <param name="most">Most clues.</param>
    /// <param name="seed">Seed of all puzzles.</param>
    public static SudokuPuzzle[] Draw(SudokuGrid grid, int[][]? boards, IEnumerable<int> numbers, int fewest, int most, int seed) =>
        [.. numbers.AsParallel().AsOrdered().Select(number =>
        {
            var random = new Random(unchecked((seed * 1_000_003) + number));
            while (true)
            {
                int[] board = boards is null ? grid.Draw(random) : boards[random.Next(boards.Length)];
                var puzzle = new SudokuPuzzle(board, grid.Remove(board, random.Next(fewest, most + 1), random));
                if (puzzle.ClueCount <= most)
                {
                    return puzzle;
                }
            }
        })];

    /// <summary>All boards of 4 × 4, in random order.</summary>
    public static int[][] SmallBoardsInRandomOrder(SudokuGrid grid, int seed)
    {
        var random = new Random(seed);
        var boards = new Dictionary<string, int[]>();
        while (boards.Count < SmallBoards)
        {
            int[] board = grid.Draw(random);
            boards.TryAdd(string.Concat(board), board);
        }

        return [.. boards.Values];
    }
}
