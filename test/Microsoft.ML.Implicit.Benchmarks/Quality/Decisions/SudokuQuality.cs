using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
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
            Puzzle[] test = [.. Puzzles(boards.Take(TestBoards), random)];
            Puzzle[] training = [.. Puzzles(boards.Skip(TestBoards), random)];
            long start = Stopwatch.GetTimestamp();
            ITransformer model = ml.Transforms.LearnedQuadraticProgram(Options(seed, device)).Fit(ml.Data.LoadFromEnumerable(training));
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{seed}\t{training.Length}\t{test.Length}\t{Solved(ml, model, test):P2}\t{Solved(ml, model, training):P2}\t{seconds:F0}"));
        }
    }

    /// <summary>The clues pull towards themselves; what else a board must satisfy is learned.</summary>
    public static LearnedQuadraticProgramOptions Options(int seed, string device) => new()
    {
        LabelColumnName = nameof(Puzzle.Solution),
        OutputColumnName = "Predicted",
        Loss = DecisionLoss.Imitation,
        P = nameof(Puzzle.Clues),
        Q = 0.1,
        LowerBounds = 0,
        LearnedEqualities = 40,
        Tolerance = 1e-6,
        Training = new TrainingOptions { Seed = seed, Device = device, BatchSize = 32, MaximumEpochs = 40, LearningRate = 1e-2, ValidationFraction = 0 },
    };

    private static IEnumerable<Puzzle> Puzzles(IEnumerable<int[]> boards, Random random)
    {
        foreach (int[] board in boards)
        {
            for (int i = 0; i < PuzzlesPerBoard; i++)
            {
                int[] puzzle = SudokuBoards.Puzzle(board, random.Next(4, 11), random);
                yield return new Puzzle { Clues = [.. SudokuBoards.Encode(puzzle).Select(clue => -clue)], Solution = SudokuBoards.Encode(board) };
            }
        }
    }

    private static double Solved(MLContext ml, ITransformer model, Puzzle[] puzzles)
    {
        IDataView solved = model.Transform(ml.Data.LoadFromEnumerable(puzzles));
        float[][] predicted = [.. solved.GetColumn<float[]>("Predicted")];
        return predicted.Zip(puzzles, (code, puzzle) => SudokuBoards.Decode(code).SequenceEqual(SudokuBoards.Decode(puzzle.Solution)) ? 1.0 : 0).Average();
    }

    internal sealed class Puzzle
    {
        [VectorType(SudokuBoards.Length)]
        public float[] Clues { get; set; } = [];

        [VectorType(SudokuBoards.Length)]
        public float[] Solution { get; set; } = [];
    }
}
