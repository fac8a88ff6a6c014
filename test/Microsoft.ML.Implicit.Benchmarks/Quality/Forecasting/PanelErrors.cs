namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Errors of a forecaster's answers to a panel's questions.</summary>
/// <param name="Variables">Root mean square error of each variable.</param>
/// <param name="Overall">
/// Root of the mean of all variables' mean square errors; in standard deviations of the training values where variables
/// differ in their unit.
/// </param>
internal sealed record PanelErrors(double[] Variables, double Overall)
{
    public static PanelErrors Measure(Panel panel, float[][][] answers)
    {
        double[] squares = [.. Enumerable.Range(0, panel.Train[0].VariableCount).Select(v => MeanSquare(panel, answers, v))];
        double[] units = [.. squares.Select((_, v) => panel.HasOneUnit ? 1 : QuestionScaling.Moments(panel.Train.SelectMany(row => row.Value(v))).Deviation)];
        return new PanelErrors([.. squares.Select(Math.Sqrt)], Math.Sqrt(squares.Zip(units, (square, unit) => square / (unit * unit)).Average()));
    }

    private static double MeanSquare(Panel panel, float[][][] answers, int variable) =>
        panel.Questions.SelectMany((question, q) => question.Truth[variable].Zip(answers[q][variable]))
            .Where(pair => float.IsFinite(pair.First))
            .Average(pair => ((double)pair.Second - pair.First) * ((double)pair.Second - pair.First));
}
