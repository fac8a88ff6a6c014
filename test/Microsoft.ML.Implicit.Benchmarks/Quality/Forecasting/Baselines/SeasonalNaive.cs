namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The value observed nearest to one or more whole periods before; of the first period where there are several.</summary>
internal sealed class SeasonalNaive : IForecastBaseline
{
    public string Name => "seasonal naive";

    public bool Answers(Panel panel) => panel.Periods.Length > 0;

    public float[][][] Answer(Panel panel, int seed) =>
    [
        .. panel.Questions.Select(question => Enumerable.Range(0, question.History.VariableCount).Select(v =>
        {
            var observed = new ObservedValues(question.History, v);
            return Array.ConvertAll(question.History.ForecastTime, time => observed.SeasonBefore(time, panel.Periods[0]));
        }).ToArray()),
    ];
}
