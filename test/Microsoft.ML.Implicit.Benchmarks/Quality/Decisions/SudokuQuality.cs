using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Samples.Sudoku;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Decisions;

/// <summary>Learns the rules of 4 × 4 Sudoku from puzzles and their solutions alone (Amos and Kolter, "OptNet", 2017, section 4.4).</summary>
internal static class SudokuQuality
{
    private const int TestBoards = 88;
    private const int PuzzlesPerBoard = 8;

    public static void Run(int seeds, string device)
    {
        Console.WriteLine("seed\ttraining puzzles\theld-out puzzles\tsolved exactly\tof training puzzles\tseconds to train");
        for (int seed = 1; seed <= seeds; seed++)
        {
            var ml = new MLContext(seed);
            var random = new Random(seed);
            int[][] boards = SudokuBoards.All();
            random.Shuffle(boards);
            IEnumerable<Puzzle> Puzzles(int[] board) => Enumerable.Range(0, PuzzlesPerBoard).Select(_ => Puzzle.Create(board, random));
            Puzzle[] test = [.. boards.Take(TestBoards).SelectMany(Puzzles)];
            Puzzle[] training = [.. boards.Skip(TestBoards).SelectMany(Puzzles)];
            long start = Stopwatch.GetTimestamp();
            ITransformer model = ml.Transforms.LearnedQuadraticProgram(Options(seed, device)).Fit(ml.Data.LoadFromEnumerable(training));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{seed}\t{training.Length}\t{test.Length}\t{Solved(ml, model, test):P2}\t{Solved(ml, model, training):P2}\t{seconds:F0}"));
        }
    }

    /// <summary>The clues pull towards themselves; what else a board must satisfy is learned.</summary>
    private static LearnedQuadraticProgramOptions Options(int seed, string device) => new()
    {
        LabelColumnName = nameof(Puzzle.Board),
        Loss = DecisionLoss.Imitation,
        P = nameof(Puzzle.Costs),
        Q = 0.1,
        LowerBounds = 0,
        LearnedEqualities = 40,
        Tolerance = 1e-6,
        Training = new TrainingOptions { Seed = seed, Device = device, BatchSize = 32, MaximumEpochs = 40, LearningRate = 1e-2, ValidationFraction = 0 },
    };

    private static double Solved(MLContext ml, ITransformer model, Puzzle[] puzzles)
    {
        IDataView solved = model.Transform(ml.Data.LoadFromEnumerable(puzzles));
        float[][] predicted = [.. solved.GetColumn<float[]>("Solution")];
        return predicted.Zip(puzzles, (code, puzzle) => SudokuBoards.Decode(code).SequenceEqual(SudokuBoards.Decode(puzzle.Board)) ? 1.0 : 0).Average();
    }
}
