using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Samples.SudokuBits;
using Microsoft.ML.Implicit.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>
/// Learns Sudoku from boards as bits alone (Wang, Donti, Wilder and Kolter, 2019, section 4.2). A board is solved where the likeliest digit of every cell is that of the solution. Beside
/// it stands what follows from the rules, which the model is not told, by filling in what follows at once.
/// </summary>
internal static class SudokuBitQuality
{
    private const int ScoredAtOnce = 125;

    public static void Run(SudokuBitSettings settings, string device, string? checkPoint, double minutes, IReadOnlyList<int> rounds, IReadOnlyList<string> changes)
    {
        // What keeps a kernel from being compiled is a warning.
        Trace.Listeners.Add(new ConsoleTraceListener());
        var data = new SudokuBitData(settings);
        int boards = data.Training.DistinctBy(puzzle => string.Concat(puzzle.Board)).Count();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{data.Training.Length} training puzzles of {boards} boards, {data.Test.Length} of other boards with {data.Test.Min(puzzle => puzzle.ClueCount)} to {data.Test.Max(puzzle => puzzle.ClueCount)} clues, {data.Test.Average(puzzle => puzzle.ClueCount):F1} on average"));
        Print("known rules: one digit left in a cell", Share(data.Test, puzzle => data.Grid.Propagate(puzzle.Clues, places: false)));
        Print("known rules: also one place left for a digit", Share(data.Test, puzzle => data.Grid.Propagate(puzzle.Clues, places: true)));

        var ml = new MLContext(settings.Seed);
        using var time = new CancellationTokenSource();
        if (double.IsFinite(minutes))
        {
            time.CancelAfter(TimeSpan.FromMinutes(minutes));
        }

        var options = new MaximumSatisfiabilityOptions
        {
            BitColumnName = nameof(BitBoard.Bits),
            KnownColumnName = settings.IsRedrawn ? null : nameof(BitBoard.Given),
            Training = new TrainingOptions
            {
                Seed = settings.Seed,
                Device = device,
                CheckpointPath = checkPoint,
                CancellationToken = time.Token,
                OnCancellation = CancellationBehavior.ReturnBestModel,
                Progress = new Lines(),
            },
        };
        foreach (string change in changes)
        {
            Setting.Apply(options, change);
        }

        IDataView training = data.View(ml, data.Training);
        long start = Stopwatch.GetTimestamp();
        using MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability(options).Fit(training);
        TrainingReport report = model.Model.Training!;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"trained for {report.Elapsed.TotalSeconds:F0} s, of which {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s in this run; {report.Networks[0].End}, best epoch {report.Networks[0].BestEpoch}"));
        if (report.ChosenSettings.TryGetValue(nameof(options.RefinementRounds), out double chosen))
        {
            Print($"learned, of other boards, {chosen} rounds of refinement as training chose", Solved(data, model.Model, data.Test, (int)chosen));
        }

        foreach (int count in rounds)
        {
            Print($"learned, of other boards, {count} rounds of refinement", Solved(data, model.Model, data.Test, count));
        }

        Print("learned, of training boards, no refinement", Solved(data, model.Model, data.Training[..Math.Min(data.Training.Length, data.Test.Length)], rounds: 0));
        if (data.Sparse.Length > 0)
        {
            Print($"known rules, of boards with {SudokuBitData.SparseFewest} to {SudokuBitData.SparseMost} clues: also one place left for a digit", Share(data.Sparse, puzzle => data.Grid.Propagate(puzzle.Clues, places: true)));
            foreach (int count in rounds)
            {
                Print($"learned, of these, {count} rounds of refinement", Solved(data, model.Model, data.Sparse, count));
            }
        }
    }

    private static double Solved(SudokuBitData data, MaximumSatisfiabilityModelParameters model, SudokuPuzzle[] puzzles, int rounds)
    {
        using DisposeScope scope = NewDisposeScope();
        return puzzles.Chunk(ScoredAtOnce).Sum(chunk =>
        {
            BitBoard[] boards = data.Boards(chunk, hidesOthers: true);
            int bits = boards[0].Bits.Length;
            Tensor values = tensor(boards.SelectMany(board => board.Bits).ToArray(), [boards.Length, bits]), isKnown = tensor(boards.SelectMany(board => board.Given).ToArray(), [boards.Length, bits]);
            float[] probabilities = [.. model.Complete(values, isKnown, rounds).contiguous().data<float>()];
            return chunk.Where((puzzle, row) => Digits(probabilities[(row * bits)..((row + 1) * bits)]).AsSpan().SequenceEqual(puzzle.Board)).Count();
        }) / (double)puzzles.Length;

        int[] Digits(float[] probabilities) =>
            BitBoard.Digits(data.Grid, data.Restore(probabilities), data.Restore(Array.ConvertAll(probabilities, probability => Math.Abs((2 * probability) - 1))));
    }

    private static double Share(SudokuPuzzle[] puzzles, Func<SudokuPuzzle, int[]> solve) => puzzles.Average(puzzle => solve(puzzle).AsSpan().SequenceEqual(puzzle.Board) ? 1.0 : 0);

    private static void Print(string what, double solved) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}\t{solved:P1}"));

    private sealed class Lines : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"epoch {value.Epoch}\ttraining {value.TrainingLoss:F4}\tvalidation {value.ValidationLoss:F4}\tsweeps {value.SolverIterations:F0}\t{value.Elapsed.TotalSeconds:F1} s"));
    }
}
