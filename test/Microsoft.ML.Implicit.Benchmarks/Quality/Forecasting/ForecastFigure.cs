using ScottPlot;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A picture of some answers: a column for each of the first questions, a row for each of the first variables.</summary>
internal static class ForecastFigure
{
    private const int MostQuestions = 3;
    private const int MostVariables = 3;
    private const int PlotWidth = 420;
    private const int PlotHeight = 230;

    /// <param name="file">PNG to write.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="forecast">Answers: for each question variables × times, like the bounds.</param>
    /// <param name="lower">Lower bounds.</param>
    /// <param name="upper">Upper bounds.</param>
    public static void Save(string file, Panel panel, float[][] forecast, float[][] lower, float[][] upper)
    {
        int columns = Math.Min(MostQuestions, panel.Questions.Count);
        int rows = Math.Min(MostVariables, panel.Train[0].VariableCount);
        var figure = new Multiplot();
        figure.AddPlots(rows * columns);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(rows, columns);
        for (int i = 0; i < rows * columns; i++)
        {
            (int v, int q) = Math.DivRem(i, columns);
            double[] Variable(float[][] values) =>
                [.. values[q].Chunk(panel.Questions[q].History.ForecastTime.Length).ElementAt(v).Select(value => (double)value)];
            Draw(figure.GetPlot(i), panel.Questions[q], v, Variable(forecast), Variable(lower), Variable(upper));
        }

        figure.SavePng(file, PlotWidth * columns, PlotHeight * rows);
    }

    private static void Draw(Plot plot, Question question, int variable, double[] forecast, double[] lower, double[] upper)
    {
        SeriesRow history = question.History;
        ScottPlot.Plottables.FillY bounds = plot.Add.FillY(history.ForecastTime, lower, upper);
        bounds.FillColor = Colors.RebeccaPurple.WithAlpha(0.2);
        bounds.LineWidth = 0;
        plot.Add.ScatterLine(history.ForecastTime, forecast, Colors.RebeccaPurple).LineWidth = 2;
        DrawObserved(plot, history.Time, history.Value(variable), Colors.Black);
        DrawObserved(plot, history.ForecastTime, question.Observed[variable], Colors.DarkOrange);
    }

    private static void DrawObserved(Plot plot, double[] times, float[] values, Color color)
    {
        int[] observed = [.. Enumerable.Range(0, times.Length).Where(i => float.IsFinite(values[i]))];
        double[] x = [.. observed.Select(i => times[i])], y = [.. observed.Select(i => (double)values[i])];
        plot.Add.ScatterPoints(x, y, color);
    }
}
