using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Training;
using ScottPlot;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Sudoku;

internal static partial class SudokuSolving
{
    /// <summary>Fraction of puzzles of which every cell is right.</summary>
    private static double Solved(MLContext ml, ITransformer model, Puzzle[] puzzles, out float[][] solutions)
    {
        solutions = [.. model.Transform(ml.Data.LoadFromEnumerable(puzzles)).GetColumn<float[]>("Solution")];
        return solutions.Zip(puzzles, (solution, puzzle) => SudokuBoards.Decode(solution).SequenceEqual(SudokuBoards.Decode(puzzle.Board)) ? 1.0 : 0).Average();
    }

    private static void PrintExample(Puzzle puzzle, int[] solution)
    {
        var table = new Spectre.Console.Table { Border = TableBorder.Square, ShowRowSeparators = true, ShowHeaders = false };
        for (int column = 0; column < SudokuBoards.Size; column++)
        {
            table.AddColumn(string.Empty);
        }

        foreach (int[] row in Enumerable.Range(0, SudokuBoards.Cells).Chunk(SudokuBoards.Size))
        {
            table.AddRow([.. row.Select(cell => puzzle.IsGiven(cell) ? $"[bold]{solution[cell] + 1}[/]" : $"[green]{solution[cell] + 1}[/]")]);
        }

        AnsiConsole.Write(table);
    }

    /// <summary>Draws puzzles with the model's digits, and the course of training.</summary>
    private static void Plot(Puzzle[] puzzles, float[][] solutions, List<TrainingProgress> history, double solved, string path)
    {
        const int columns = 4;
        const int shown = 2 * columns;
        var figure = new Multiplot();
        figure.AddPlots(shown + 1);
        var layout = new ScottPlot.MultiplotLayouts.CustomGrid();

        // The hardest first: those with the fewest given digits.
        int[] order = [.. Enumerable.Range(0, puzzles.Length).OrderBy(i => Enumerable.Range(0, SudokuBoards.Cells).Count(puzzles[i].IsGiven))];
        for (int i = 0; i < shown; i++)
        {
            Plot plot = figure.GetPlot(i);
            DrawBoard(plot, puzzles[order[i]], solutions[order[i]]);
            layout.Set(plot, new GridCell(i / columns, i % columns, 3, columns));
        }

        Plot course = figure.GetPlot(shown);
        ScottPlot.Plottables.Scatter line = course.Add.Scatter(history.Select(p => (double)p.Epoch).ToArray(), history.Select(p => Math.Log10(p.TrainingLoss)).ToArray());
        line.LineWidth = 2;
        course.XLabel("epoch");
        course.YLabel("log10 of the error");
        course.Title(string.Create(
            CultureInfo.InvariantCulture, $"Held-out puzzles, given digits in black: {solved:P1} of all are solved without an error. Mean squared error in training:"));
        layout.Set(course, new GridCell(2, 0, 3, 1));
        figure.Layout = layout;
        figure.SavePng(path, 1200, 950);
    }

    private static void DrawBoard(Plot plot, Puzzle puzzle, float[] solution)
    {
        int[] digits = SudokuBoards.Decode(solution), truth = SudokuBoards.Decode(puzzle.Board);
        for (int cell = 0; cell < SudokuBoards.Cells; cell++)
        {
            double x = cell % SudokuBoards.Size, y = SudokuBoards.Size - 1 - (cell / SudokuBoards.Size);
            ScottPlot.Plottables.Text text = plot.Add.Text((digits[cell] + 1).ToString(CultureInfo.InvariantCulture), x + 0.5, y + 0.5);
            text.Alignment = Alignment.MiddleCenter;
            text.LabelFontSize = 24;
            text.LabelBold = puzzle.IsGiven(cell);
            text.LabelFontColor = puzzle.IsGiven(cell) ? ScottPlot.Colors.Black : digits[cell] == truth[cell] ? ScottPlot.Colors.SeaGreen : ScottPlot.Colors.Crimson;
        }

        for (int edge = 0; edge <= SudokuBoards.Size; edge++)
        {
            float width = edge % 2 == 0 ? 3 : 1;
            plot.Add.Line(edge, 0, edge, SudokuBoards.Size).LineStyle = new LineStyle(width, ScottPlot.Colors.Black);
            plot.Add.Line(0, edge, SudokuBoards.Size, edge).LineStyle = new LineStyle(width, ScottPlot.Colors.Black);
        }

        plot.HideGrid();
        plot.Axes.Frameless();
        plot.Axes.SquareUnits();
    }
}
