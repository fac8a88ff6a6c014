using System.Numerics;

namespace Microsoft.ML.Implicit.Samples.SudokuBits;

/// <summary>The rules of Sudoku of any size: boards, puzzles with one solution, and what follows of a puzzle at once. Cells are in reading order, digits from 0, -1 for none.</summary>
internal sealed class SudokuGrid
{
    private readonly int[][] _groups;

    /// <param name="size">Digits: a square number up to 25.</param>
    public SudokuGrid(int size)
    {
        Size = size;
        int box = (int)Math.Sqrt(size);
        _groups = [.. Enumerable.Range(0, size * size).Select(cell => new[] { cell / size, size + (cell % size), (2 * size) + (cell / size / box * box) + (cell % size / box) })];
    }

    public int Size { get; }

    public int Cells => Size * Size;

    private int AllDigits => (1 << Size) - 1;

    /// <summary>A full board, by backtracking over random digits.</summary>
    public int[] Draw(Random random)
    {
        int[] board = new int[Cells];
        Array.Fill(board, -1);
        Search(board, random, limit: 1, out int[]? found);
        return found!;
    }

    /// <summary>Takes cells out in random order for as long as the solution stays the only one, until no more than so many are left.</summary>
    public int[] Remove(int[] board, int clues, Random random)
    {
        int[] puzzle = [.. board];
        int[] order = [.. Enumerable.Range(0, Cells)];
        random.Shuffle(order);
        int left = Cells;
        foreach (int cell in order)
        {
            if (left <= clues)
            {
                break;
            }

            puzzle[cell] = -1;
            left--;
            if (Search([.. puzzle], null, limit: 2, out _) > 1)
            {
                puzzle[cell] = board[cell];
                left++;
            }
        }

        return puzzle;
    }

    /// <summary>Fills in what follows at once, again and again: cells for which one digit is left.</summary>
    /// <param name="puzzle">The puzzle.</param>
    /// <param name="places">Whether also digits for which one place is left in a row, column or box.</param>
    public int[] Propagate(int[] puzzle, bool places)
    {
        int[] board = [.. puzzle];
        int[] used = Used(board);
        bool isChanged = true;
        while (isChanged)
        {
            isChanged = false;
            for (int cell = 0; cell < Cells; cell++)
            {
                int free = board[cell] < 0 ? Free(used, cell) : 0;
                isChanged |= Place(board, used, cell, free);
            }

            for (int group = 0; places && group < 3 * Size; group++)
            {
                int[] empty = [.. Enumerable.Range(0, Cells).Where(cell => board[cell] < 0 && _groups[cell].Contains(group))];
                foreach (int cell in empty)
                {
                    int elsewhere = empty.Where(other => other != cell && board[other] < 0).Aggregate(0, (digits, other) => digits | Free(used, other));
                    isChanged |= Place(board, used, cell, Free(used, cell) & ~elsewhere);
                }
            }
        }

        return board;
    }

    private bool Place(int[] board, int[] used, int cell, int digits)
    {
        if (BitOperations.PopCount((uint)digits) != 1)
        {
            return false;
        }

        Toggle(used, cell, digits);
        board[cell] = BitOperations.TrailingZeroCount(digits);
        return true;
    }

    private int Search(int[] board, Random? random, int limit, out int[]? found)
    {
        found = null;
        return Search(board, Used(board), random, limit, ref found);
    }

    // The cell with the fewest digits left comes next.
    private int Search(int[] board, int[] used, Random? random, int limit, ref int[]? found)
    {
        int best = -1, bestFree = 0, fewest = int.MaxValue;
        for (int cell = 0; cell < Cells && fewest > 1; cell++)
        {
            if (board[cell] < 0)
            {
                int free = Free(used, cell), count = BitOperations.PopCount((uint)free);
                (best, bestFree, fewest) = count < fewest ? (cell, free, count) : (best, bestFree, fewest);
            }
        }

        if (best < 0)
        {
            found ??= [.. board];
            return 1;
        }

        int solutions = 0;
        foreach (int digit in Digits(bestFree, random))
        {
            board[best] = digit;
            Toggle(used, best, 1 << digit);
            solutions += Search(board, used, random, limit - solutions, ref found);
            Toggle(used, best, 1 << digit);
            board[best] = -1;
            if (solutions >= limit)
            {
                break;
            }
        }

        return solutions;
    }

    private static int[] Digits(int free, Random? random)
    {
        int[] digits = new int[BitOperations.PopCount((uint)free)];
        for (int i = 0, digit = 0; i < digits.Length; digit++)
        {
            if ((free >> digit & 1) != 0)
            {
                digits[i++] = digit;
            }
        }

        random?.Shuffle(digits);
        return digits;
    }

    // Digits that stand in each row, column and box.
    private int[] Used(int[] board)
    {
        int[] used = new int[3 * Size];
        for (int cell = 0; cell < Cells; cell++)
        {
            if (board[cell] >= 0)
            {
                Toggle(used, cell, 1 << board[cell]);
            }
        }

        return used;
    }

    private int Free(int[] used, int cell) => AllDigits & ~(used[_groups[cell][0]] | used[_groups[cell][1]] | used[_groups[cell][2]]);

    private void Toggle(int[] used, int cell, int digit)
    {
        foreach (int group in _groups[cell])
        {
            used[group] ^= digit;
        }
    }
}
