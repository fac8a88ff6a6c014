using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Samples.SudokuBits;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>
/// Learns Sudoku from boards as bits alone (Wang, Donti, Wilder and Kolter, 2019, section 4.2). A board is solved where the likeliest digit of every cell is that of the solution. Beside
/// it stands what follows from the rules, which the model is not told, by filling in cells for which one digit is left.
/// </summary>
internal static class SudokuBitQuality
{
    public static void Run(SudokuBitSettings settings, string device, string? checkPoint, double minutes, IReadOnlyList<string> changes)
    {
        var data = new SudokuBitData(settings);
        double clues = data.Test.Average(pair => pair.Puzzle.Count(digit => digit >= 0)), distinct = data.Training.DistinctBy(pair => string.Concat(pair.Board)).Count();
        Console.WriteLine($"{data.Training.Length} training puzzles of {distinct} boards, {data.Test.Length} of other boards with {clues:F1} clues a puzzle");
        Print("naked singles, of known rules", data.Test.Average(pair => data.Grid.Propagate(pair.Puzzle).AsSpan().SequenceEqual(pair.Board) ? 1.0 : 0));

        var ml = new MLContext(settings.Seed);
        using var time = new CancellationTokenSource();
        if (double.IsFinite(minutes))
        {
            time.CancelAfter(TimeSpan.FromMinutes(minutes));
        }

        var options = new MaximumSatisfiabilityOptions
        {
            BitColumnName = nameof(BitBoard.Bits),
            KnownColumnName = nameof(BitBoard.Given),
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

        IDataView training = View(ml, data.Rows(data.Training));
        long start = Stopwatch.GetTimestamp();
        using MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability(options).Fit(training);
        TrainingReport report = model.Model.Training!;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"trained for {report.Elapsed.TotalSeconds:F0} s, of which {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s in this run; {report.Networks[0].End}, best epoch {report.Networks[0].BestEpoch}"));
        Print("learned, of other boards", Solved(ml, data, model, data.Test));
        Print("learned, of training boards", Solved(ml, data, model, data.Training[..Math.Min(data.Training.Length, data.Test.Length)]));
    }

    private static double Solved(MLContext ml, SudokuBitData data, ITransformer model, (int[] Board, int[] Puzzle)[] boards)
    {
        IDataView scored = model.Transform(View(ml, data.Rows(boards)));
        float[][] completed = [.. scored.GetColumn<float[]>("Completed")], confidence = [.. scored.GetColumn<float[]>("Confidence")];
        return boards.Select((pair, i) => BitBoard.Digits(data.Grid, data.Restore(completed[i]), data.Restore(confidence[i])).AsSpan().SequenceEqual(pair.Board) ? 1.0 : 0).Average();
    }

    private static IDataView View(MLContext ml, BitBoard[] rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(BitBoard));
        schema[nameof(BitBoard.Bits)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, rows[0].Bits.Length);
        schema[nameof(BitBoard.Given)].ColumnType = new VectorDataViewType(BooleanDataViewType.Instance, rows[0].Bits.Length);
        return ml.Data.LoadFromEnumerable(rows, schema);
    }

    private static void Print(string what, double solved) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}\t{solved:P1}"));

    private sealed class Lines : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"epoch {value.Epoch}\ttraining {value.TrainingLoss:F4}\tvalidation {value.ValidationLoss:F4}\tsweeps {value.SolverIterations:F0}\t{value.Elapsed.TotalSeconds:F1} s"));
    }
}
