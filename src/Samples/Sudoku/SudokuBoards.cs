namespace Microsoft.ML.Implicit.Samples.Sudoku;

/// <summary>4 × 4 Sudoku: boards, puzzles with one solution, and their one-hot encoding.</summary>
internal static class SudokuBoards
{
    public const int Size = 4;
    public const int Cells = Size * Size;
    public const int Length = Cells * Size;

    /// <summary>All 288 boards, cell by cell, digits from 0.</summary>
    public static int[][] All()
    {
        var boards = new List<int[]>();
        int[] empty = new int[Cells];
        Array.Fill(empty, -1);
        Solve(empty, 0, board => boards.Add([.. board]), int.MaxValue);
        return [.. boards];
    }

    /// <summary>Removes cells in random order for as long as the solution stays the only one, until enough are gone.</summary>
    /// <param name="board">A full board.</param>
    /// <param name="holes">Cells to remove at most.</param>
    /// <param name="random">Source of the order.</param>
    public static int[] Puzzle(int[] board, int holes, Random random)
    {
        int[] puzzle = [.. board];
        int[] order = [.. Enumerable.Range(0, Cells)];
        random.Shuffle(order);
        foreach (int cell in order)
        {
            if (puzzle.Count(digit => digit < 0) == holes)
            {
                break;
            }

            puzzle[cell] = -1;
            int solutions = 0;
            Solve([.. puzzle], 0, _ => solutions++, 2);
            if (solutions > 1)
            {
                puzzle[cell] = board[cell];
            }
        }

        return puzzle;
    }

    /// <summary>One slot a cell and digit; an empty cell has zeros.</summary>
    public static float[] Encode(int[] board)
    {
        float[] code = new float[Length];
        for (int cell = 0; cell < Cells; cell++)
        {
            if (board[cell] >= 0)
            {
                code[(cell * Size) + board[cell]] = 1;
            }
        }

        return code;
    }

    /// <summary>The most likely digit of each cell.</summary>
    public static int[] Decode(float[] code) =>
        [.. Enumerable.Range(0, Cells).Select(cell => Enumerable.Range(0, Size).MaxBy(digit => code[(cell * Size) + digit]))];

    private static int Solve(int[] board, int cell, Action<int[]> found, int limit)
    {
        while (cell < Cells && board[cell] >= 0)
        {
            cell++;
        }

        if (cell == Cells)
        {
            found(board);
            return 1;
        }

        int count = 0;
        for (int digit = 0; digit < Size && count < limit; digit++)
        {
            if (IsFree(board, cell, digit))
            {
                board[cell] = digit;
                count += Solve(board, cell + 1, found, limit - count);
                board[cell] = -1;
            }
        }

        return count;
    }

    private static bool IsFree(int[] board, int cell, int digit)
    {
        int row = cell / Size, column = cell % Size;
        for (int other = 0; other < Cells; other++)
        {
            int otherRow = other / Size, otherColumn = other % Size;
            bool related = otherRow == row || otherColumn == column || (otherRow / 2 == row / 2 && otherColumn / 2 == column / 2);
            if (related && board[other] == digit)
            {
                return false;
            }
        }

        return true;
    }
}
