namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The value observed nearest to one or more whole periods before.</summary>
internal sealed class SeasonalNaive : IForecastBaseline
{
    public string Name => "seasonal naive";

    public float[][][] Answer(Panel panel, int seed)
    {
        double period = panel.Periods.Length > 0 ? panel.Periods[0] : double.NaN;
        return [.. panel.Questions.Select(question => Enumerable.Range(0, question.History.VariableCount).Select(v =>
            question.History.ForecastTime.Select(time => Nearest(question.History, v, time, period)).ToArray()).ToArray())];
    }

    private static float Nearest(SeriesRow history, int variable, double time, double period)
    {
        if (double.IsNaN(period))
        {
            return float.NaN;
        }

        double wanted = time - (period * Math.Ceiling((time - history.Time[^1]) / period));
        int best = Enumerable.Range(0, history.Time.Length).Where(i => float.IsFinite(history.Value(variable)[i])).MinBy(i => Math.Abs(history.Time[i] - wanted));
        return history.Value(variable)[best];
    }
}
