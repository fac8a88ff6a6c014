namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// For each variable and each of eight ranges of time ahead a linear regression on the last three observed values, the
/// time between them, the time ahead, all variables' last values and the covariates.
/// </summary>
internal sealed class HorizonRegression : IForecastBaseline
{
    private const int Ranges = 8;
    private const int MostCuts = 200;

    public string Name => "linear regression";

    public float[][][] Answer(Panel panel, int seed)
    {
        var random = new Random(seed);
        Question[] training = [.. panel.Train.SelectMany(row => Cuts(row, random).Select(count => row.Ask(count, panel.Horizon)))];
        double[] ahead = [.. training.SelectMany(q => q.History.ForecastTime.Select(time => time - q.History.Time[^1])).Order()];
        double[] limits = [.. Enumerable.Range(1, Ranges - 1).Select(i => ahead[i * ahead.Length / Ranges])];
        int variables = panel.Train[0].VariableCount;
        double[] means = [.. Enumerable.Range(0, variables).Select(v => (double)panel.Train.SelectMany(row => row.Value(v)).Where(float.IsFinite).Average())];
        float[][][] answers = [.. panel.Questions.Select(q => Enumerable.Range(0, variables).Select(_ => new float[q.History.ForecastTime.Length]).ToArray())];
        for (int v = 0; v < variables; v++)
        {
            var models = new LeastSquares[Ranges];
            foreach (Question question in training)
            {
                for (int m = 0; m < question.History.ForecastTime.Length; m++)
                {
                    if (float.IsFinite(question.Truth[v][m]))
                    {
                        double[] features = Describe(question.History, v, question.History.ForecastTime[m], means);
                        int range = Range(limits, question.History.ForecastTime[m] - question.History.Time[^1]);
                        (models[range] ??= new LeastSquares(features.Length)).Add(features, question.Truth[v][m]);
                    }
                }
            }

            double[]?[] weights = [.. models.Select(model => model?.Solve())];
            for (int q = 0; q < panel.Questions.Count; q++)
            {
                SeriesRow history = panel.Questions[q].History;
                for (int m = 0; m < history.ForecastTime.Length; m++)
                {
                    double[]? weight = weights[Range(limits, history.ForecastTime[m] - history.Time[^1])];
                    double[] features = Describe(history, v, history.ForecastTime[m], means);
                    answers[q][v][m] = weight is null ? (float)means[v] : (float)features.Zip(weight, (x, w) => x * w).Sum();
                }
            }
        }

        return answers;
    }

    private static IEnumerable<int> Cuts(SeriesRow row, Random random)
    {
        int[] cuts = [.. Enumerable.Range(1, Math.Max(0, row.Time.Length - 1))];
        random.Shuffle(cuts);
        return cuts.Take(MostCuts);
    }

    private static int Range(double[] limits, double ahead) => limits.Count(limit => ahead > limit);

    private static double[] Describe(SeriesRow history, int variable, double time, double[] means)
    {
        var features = new List<double> { 1, time - history.Time[^1] };
        int[] observed = [.. Enumerable.Range(0, history.Time.Length).Where(i => float.IsFinite(history.Value(variable)[i])).TakeLast(3).Reverse()];
        for (int i = 0; i < 3; i++)
        {
            int? index = observed.Length == 0 ? null : observed[Math.Min(i, observed.Length - 1)];
            features.Add(index is { } known ? history.Value(variable)[known] : means[variable]);
            features.Add(index is { } place ? history.Time[^1] - history.Time[place] : 0);
        }

        for (int v = 0; v < history.VariableCount; v++)
        {
            if (v != variable)
            {
                features.Add(history.Value(v).Where(float.IsFinite).DefaultIfEmpty((float)means[v]).Last());
            }
        }

        for (int c = 0; c < history.CovariateCount; c++)
        {
            features.Add(history.Held(c, time));
            features.Add(history.Held(c, history.Time[^1]));
        }

        return [.. features];
    }
}
