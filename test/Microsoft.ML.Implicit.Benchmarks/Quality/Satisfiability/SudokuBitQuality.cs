using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Samples.SudokuBits;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>
/// Learns Sudoku from boards as bits alone (Wang, Donti, Wilder and Kolter, 2019, section 4.2). A board is solved where the likeliest digit of every cell is that of the solution. Beside
/// it stands what follows from the rules, which the model is not told, by filling in what follows at once.
/// </summary>
internal static class SudokuBitQuality
{
    public static void Run(SudokuBitSettings settings, string device, string? checkPoint, double minutes, IReadOnlyList<string> changes)
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
        Print("learned, of other boards", Solved(ml, data, model, data.Test));
        Print("learned, of training boards", Solved(ml, data, model, data.Training[..Math.Min(data.Training.Length, data.Test.Length)]));
    }

    private static double Solved(MLContext ml, SudokuBitData data, ITransformer model, SudokuPuzzle[] puzzles)
    {
        IDataView scored = model.Transform(data.View(ml, puzzles, hidesOthers: true));
        float[][] completed = [.. scored.GetColumn<float[]>("Completed")], confidence = [.. scored.GetColumn<float[]>("Confidence")];
        int next = 0;
        return Share(puzzles, _ => BitBoard.Digits(data.Grid, data.Restore(completed[next]), data.Restore(confidence[next++])));
    }

    private static double Share(SudokuPuzzle[] puzzles, Func<SudokuPuzzle, int[]> solve) => puzzles.Average(puzzle => solve(puzzle).AsSpan().SequenceEqual(puzzle.Board) ? 1.0 : 0);

    private static void Print(string what, double solved) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}\t{solved:P1}"));

    private sealed class Lines : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"epoch {value.Epoch}\ttraining {value.TrainingLoss:F4}\tvalidation {value.ValidationLoss:F4}\tsweeps {value.SolverIterations:F0}\t{value.Elapsed.TotalSeconds:F1} s"));
    }
}
