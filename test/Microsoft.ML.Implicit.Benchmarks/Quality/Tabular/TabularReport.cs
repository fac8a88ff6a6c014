using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>Means over splits, and how the models rank over the tables that they were tried on.</summary>
internal static class TabularReport
{
    public static void Print(IReadOnlyCollection<TabularScore> scores)
    {
        string[] models = [.. scores.Select(score => score.Model).Distinct()];
        TabularScore[] classes = [.. scores.Where(score => score.LogLoss is not null)];
        Dictionary<string, double[]> failures = Means(classes, models, score => score.Failure);
        PrintTable("accuracy", models, failures, failure => 1 - failure);
        PrintRanks("", failures.Values, (own, best) => own - best);
        PrintRanks(" by log loss", Means(classes, models, score => score.LogLoss!.Value).Values, (own, best) => own - best);

        Dictionary<string, double[]> errors = Means(scores.Where(score => score.LogLoss is null), models, score => score.Failure);
        PrintTable("RMSE", models, errors, error => error);
        PrintRanks("", errors.Values, (own, best) => (own / best) - 1);
    }

    // A mean for each model on each table, NaN where it was not tried.
    private static Dictionary<string, double[]> Means(IEnumerable<TabularScore> scores, string[] models, Func<TabularScore, double> value) =>
        scores.GroupBy(score => score.Data).ToDictionary(
            table => table.Key,
            table => Array.ConvertAll(models, model => table.Where(score => score.Model == model).Select(value).DefaultIfEmpty(double.NaN).Average()));

    private static void PrintTable(string measure, string[] models, Dictionary<string, double[]> tables, Func<double, double> shown)
    {
        if (tables.Count > 0)
        {
            Console.WriteLine();
            Console.WriteLine(string.Join('\t', models.Prepend(measure)));
        }

        foreach ((string data, double[] means) in tables)
        {
            PrintLine(data, means.Select(shown));
        }
    }

    private static void PrintRanks(string by, IReadOnlyCollection<double[]> tables, Func<double, double, double> gap)
    {
        if (tables.Count == 0)
        {
            return;
        }

        PrintOver("mean rank", Rank, ranks => ranks.Average());
        PrintOver("first", (means, own) => own <= Best(means) ? 1 : 0, firsts => firsts.Sum());
        PrintOver("mean gap to the best", (means, own) => gap(own, Best(means)), gaps => gaps.Average());
        PrintOver("worst gap to the best", (means, own) => gap(own, Best(means)), gaps => gaps.Max());

        void PrintOver(string what, Func<double[], double, double> measure, Func<IEnumerable<double>, double> summary) => PrintLine(
            what + by,
            Enumerable.Range(0, tables.First().Length).Select(model => summary(
                tables.Where(means => double.IsFinite(means[model])).Select(means => measure(means, means[model])).DefaultIfEmpty(double.NaN))));
    }

    private static double Best(double[] means) => means.Where(double.IsFinite).Min();

    // Those that tie share the mean of their ranks.
    private static double Rank(double[] means, double own) => 1 + means.Count(other => other < own) + ((means.Count(other => other.Equals(own)) - 1) / 2.0);

    private static void PrintLine(string first, IEnumerable<double> values) =>
        Console.WriteLine(string.Join('\t', values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)).Prepend(first)));
}
