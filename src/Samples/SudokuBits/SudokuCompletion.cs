using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Samples.SudokuBits;

/// <summary>Learns Sudoku as clauses over bits: 9 × 9 where there is a GPU, 4 × 4 in half a minute where there is none.</summary>
internal static partial class SudokuCompletion
{
    public static Sample Sample { get; } = new("sudoku-9x9", "learns the clauses of Sudoku from boards as bits: 9 x 9 on a GPU, 4 x 4 without one", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        bool isLarge = settings.Device != "cpu" && cuda.is_available();
        var grid = new SudokuGrid(isLarge ? 9 : 4);
        (SudokuPuzzle[] training, SudokuPuzzle[] test) = CreatePuzzles(grid, settings.Seed);
        AnsiConsole.MarkupLine("[bold]Sudoku without rules[/]: clauses over bits, learned through their relaxation");
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"{training.Length} puzzles of {grid.Size} x {grid.Size} to learn from; the model is told neither rows nor boxes, nor that bits make digits.");
        if (!isLarge)
        {
            AnsiConsole.MarkupLine("9 x 9 takes minutes on a GPU, and a day on this CPU: this is the small game.");
        }

        using MaximumSatisfiabilityTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, View(ml, grid, training), isLarge, settings, progress));
        string path = settings.OutputPath($"sudoku-{grid.Size}x{grid.Size}.zip");
        ml.Model.Save(model, View(ml, grid, training).Schema, path);

        double known = test.Average(puzzle => grid.Propagate(puzzle.Clues, places: true).AsSpan().SequenceEqual(puzzle.Board) ? 1.0 : 0);
        AnsiConsole.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"{Solved(ml, grid, model, test):P1} of {test.Length} puzzles of other boards are solved without an error; {known:P1} follow from the known rules without guessing.");

        // The hardest one, by a model that was loaded.
        SudokuPuzzle hardest = test.MinBy(puzzle => puzzle.ClueCount)!;
        PrintExample(grid, hardest, Solve(ml, grid, path, hardest));

        string plot = settings.OutputPath("sudoku-training.png");
        TrainingPlot.Save(model.Model.Training!, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
