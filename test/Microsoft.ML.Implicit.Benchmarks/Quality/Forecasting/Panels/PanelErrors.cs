namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Errors of a forecaster's answers to a panel's questions.</summary>
/// <param name="Variables">Root mean square error of each variable, NaN where none of its values is asked for.</param>
/// <param name="Overall">
/// Root of the mean square error of all values asked for; where variables differ in their unit, of the mean of all variables' mean square errors, in
/// standard deviations of the training values.
/// </param>
internal sealed record PanelErrors(double[] Variables, double Overall)
{
    public static PanelErrors Measure(Panel panel, float[][][] answers)
    {
        double[][] squares = [.. Enumerable.Range(0, panel.Train[0].VariableCount).Select(v => Squares(panel, answers, v).ToArray())];
        double overall = panel.HasOneUnit
            ? squares.SelectMany(values => values).Average()
            : squares.Select((values, v) => values.Average() / Variance(panel, v)).Average();
        return new PanelErrors([.. squares.Select(values => Math.Sqrt(values.DefaultIfEmpty(double.NaN).Average()))], Math.Sqrt(overall));
    }

    private static double Variance(Panel panel, int variable)
    {
        double deviation = QuestionScaling.Moments(panel.Train.SelectMany(row => row.Value(variable))).Deviation;
        return deviation * deviation;
    }

    private static IEnumerable<double> Squares(Panel panel, float[][][] answers, int variable) =>
        panel.Questions.SelectMany((question, q) => question.Truth[variable].Zip(answers[q][variable]))
            .Where(pair => float.IsFinite(pair.First))
            .Select(pair => ((double)pair.Second - pair.First) * ((double)pair.Second - pair.First));
}
