namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>Means over splits, and how the models rank over the sets.</summary>
internal static class SeriesLabelReport
{
    public static void Print(IReadOnlyCollection<SeriesLabelScore> scores)
    {
        string[] models = [.. scores.Select(score => score.Model).Distinct()];
        Ranking failures = Rank(score => 1 - score.Accuracy), losses = Rank(score => score.LogLoss);
        failures.PrintMeans("accuracy", failure => 1 - failure);
        Rank(score => score.Area).PrintMeans("area under the curve", area => area);
        losses.PrintMeans("log loss", loss => loss);
        Rank(score => score.Seconds).PrintMeans("seconds", seconds => seconds);
        failures.PrintRanks(" by accuracy", (own, best) => own - best);
        losses.PrintRanks(" by log loss", (own, best) => own - best);

        Ranking Rank(Func<SeriesLabelScore, double> value) => new(scores.Select(score => (score.Data, score.Model, value(score))).Where(score => double.IsFinite(score.Item3)), models);
    }
}
