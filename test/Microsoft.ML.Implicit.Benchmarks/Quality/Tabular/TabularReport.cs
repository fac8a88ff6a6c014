namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>Means over splits, and how the models rank over the tables that they were tried on.</summary>
internal static class TabularReport
{
    public static void Print(IReadOnlyCollection<TabularScore> scores)
    {
        string[] models = [.. scores.Select(score => score.Model).Distinct()];
        TabularScore[] classes = [.. scores.Where(score => score.LogLoss is not null)];
        Ranking failures = Rank(classes, score => score.Failure);
        failures.PrintMeans("accuracy", failure => 1 - failure);
        failures.PrintRanks("", (own, best) => own - best);
        Rank(classes, score => score.LogLoss!.Value).PrintRanks(" by log loss", (own, best) => own - best);

        Ranking errors = Rank(scores.Where(score => score.LogLoss is null), score => score.Failure);
        errors.PrintMeans("RMSE", error => error);
        errors.PrintRanks("", Ranking.Relative);

        Ranking Rank(IEnumerable<TabularScore> part, Func<TabularScore, double> value) => new(part.Select(score => (score.Data, score.Model, value(score))), models);
    }
}
