using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.SudokuBits;

internal static partial class SudokuCompletion
{
    private const int SmallTestBoards = 88;

    /// <summary>Draws puzzles, of different boards for training and test.</summary>
    private static (SudokuPuzzle[] Training, SudokuPuzzle[] Test) CreatePuzzles(SudokuGrid grid, int seed)
    {
        if (grid.Size == 9)
        {
            SudokuPuzzle[] all = SudokuPuzzle.Draw(grid, null, Enumerable.Range(0, 10_000), fewest: 31, most: 42, seed);
            return (all[..9000], all[9000..]);
        }

        int[][] boards = SudokuPuzzle.SmallBoardsInRandomOrder(grid, seed);
        SudokuPuzzle[] Draw(int[][] of, int first, int count) => SudokuPuzzle.Draw(grid, of, Enumerable.Range(first, count), fewest: 4, most: 12, seed);
        return (Draw(boards[SmallTestBoards..], 0, 1000), Draw(boards[..SmallTestBoards], 1000, 500));
    }

    private static IDataView View(MLContext ml, SudokuGrid grid, SudokuPuzzle[] puzzles) =>
        ml.Data.LoadFromEnumerable(puzzles.Select(puzzle => BitBoard.Of(grid, puzzle)).ToArray(), BitBoard.Schema(grid));

    /// <summary>The bits of given digits are known, and those of the others are what the model learns to complete.</summary>
    private static MaximumSatisfiabilityTransformer Train(MLContext ml, IDataView boards, bool isLarge, SampleSettings settings, IProgress<TrainingProgress> progress)
    {
        var options = new MaximumSatisfiabilityOptions
        {
            BitColumnName = nameof(BitBoard.Bits),
            KnownColumnName = nameof(BitBoard.Given),
            Training = new TrainingOptions { MaximumEpochs = isLarge ? 40 : 25, Device = settings.Device, Progress = progress },
        };
        return ml.Transforms.MaximumSatisfiability(options).Fit(boards);
    }
}
