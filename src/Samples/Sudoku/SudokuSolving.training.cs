using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Samples.Sudoku;

internal static partial class SudokuSolving
{
    private const int TestBoards = 88;
    private const int PuzzlesPerBoard = 8;

    // The rank of the true rules.
    private const int Rules = 40;

    /// <summary>Makes puzzles of all 288 boards and sets those of 88 boards aside.</summary>
    private static (Puzzle[] Training, Puzzle[] Test) CreatePuzzles(int seed)
    {
        var random = new Random(seed);
        int[][] boards = SudokuBoards.All();
        random.Shuffle(boards);
        Puzzle[][] puzzles = [.. boards.Select(board => Enumerable.Range(0, PuzzlesPerBoard).Select(_ => Puzzle.Create(board, random)).ToArray())];
        return ([.. puzzles.Skip(TestBoards).SelectMany(p => p)], [.. puzzles.Take(TestBoards).SelectMany(p => p)]);
    }

    /// <summary>The given digits pull towards themselves; what else a board must satisfy is learned.</summary>
    private static ITransformer Train(MLContext ml, Puzzle[] puzzles, SampleSettings settings, IProgress<TrainingProgress> progress)
    {
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Puzzle.Board),
            Loss = DecisionLoss.Imitation,
            P = nameof(Puzzle.Costs),
            Q = 0.1,
            LowerBounds = 0,
            LearnedEqualities = Rules,
            Tolerance = 1e-6,
            Training = new TrainingOptions { MaximumEpochs = 40, BatchSize = 32, ValidationFraction = 0, Device = settings.Device, Progress = progress },
        };
        return ml.Transforms.LearnedQuadraticProgram(options).Fit(ml.Data.LoadFromEnumerable(puzzles));
    }
}
