namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The last observed value; the mean of training where there is none.</summary>
internal sealed class LastObservation : IForecastBaseline
{
    public string Name => "last observation";

    public float[][][] Answer(Panel panel, int seed)
    {
        int variables = panel.Train[0].VariableCount;
        float[] means = [.. Enumerable.Range(0, variables).Select(v => panel.Train.SelectMany(row => row.Value(v)).Where(float.IsFinite).Average())];
        return [.. panel.Questions.Select(question => Enumerable.Range(0, variables).Select(v =>
            Enumerable.Repeat(question.History.Value(v).Where(float.IsFinite).DefaultIfEmpty(means[v]).Last(), question.History.ForecastTime.Length).ToArray()).ToArray())];
    }
}
