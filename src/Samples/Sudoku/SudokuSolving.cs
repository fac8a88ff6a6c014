using System.Globalization;
using Microsoft.ML.Implicit.Training;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Sudoku;

/// <summary>Learns the rules of 4 × 4 Sudoku from puzzles and solutions, as constraints of an optimisation problem.</summary>
internal static partial class SudokuSolving
{
    public static Sample Sample { get; } = new("sudoku", "learns the rules of 4 x 4 Sudoku from solved puzzles alone", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (Puzzle[] training, Puzzle[] test) = CreatePuzzles(settings.Seed);
        AnsiConsole.MarkupLine("[bold]Sudoku without rules[/]: a quadratic program whose constraints are learned");

        var history = new List<TrainingProgress>();
        ITransformer model = TrainingProgressBar.Show("training", progress => Train(ml, training, settings, new Recorder(progress, history)));
        string path = settings.OutputPath("sudoku.zip");
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(training).Schema, path);

        double solved = Solved(ml, model, test, out float[][] solutions);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture, $"{solved:P1} of {test.Length} puzzles of boards it has never seen are solved without an error ({Solved(ml, model, training, out _):P1} of the training puzzles)."));
        PrintExample(test[0], Solve(ml, path, test[0]));

        string plot = settings.OutputPath("sudoku.png");
        Plot(test, solutions, history, solved, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }

    private sealed class Recorder(IProgress<TrainingProgress> inner, List<TrainingProgress> history) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            history.Add(value);
            inner.Report(value);
        }
    }
}
