using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>Means over splits, and how the models rank over all tables.</summary>
internal static class TabularReport
{
    public static void Print(IReadOnlyCollection<TabularScore> scores)
    {
        string[] models = [.. scores.Select(score => score.Model).Distinct()];
        foreach (bool areClasses in new[] { true, false })
        {
            var tables = scores.Where(score => score.LogLoss is not null == areClasses).GroupBy(score => score.Data).ToDictionary(
                group => group.Key,
                group => models.ToDictionary(model => model, model => Mean(group.Where(score => score.Model == model).Select(score => score.Failure))));
            if (tables.Count == 0)
            {
                continue;
            }

            Console.WriteLine();
            Console.WriteLine(Line(areClasses ? "accuracy" : "RMSE", models));
            foreach ((string data, Dictionary<string, double> means) in tables)
            {
                Console.WriteLine(Line(data, models.Select(model => Text(areClasses ? 1 - means[model] : means[model]))));
            }

            PrintRanks("", tables.Values, areClasses);
            if (areClasses)
            {
                PrintRanks(
                    " by log loss",
                    [.. scores.Where(score => score.LogLoss is not null).GroupBy(score => score.Data).Select(group =>
                        models.ToDictionary(model => model, model => Mean(group.Where(score => score.Model == model).Select(score => score.LogLoss!.Value))))],
                    areClasses);
            }
        }

        void PrintRanks(string by, IReadOnlyCollection<Dictionary<string, double>> tables, bool areDifferences)
        {
            Console.WriteLine(Line("mean rank" + by, models.Select(model => Text(tables.Average(means => Rank(means, model))))));
            Console.WriteLine(Line("first" + by, models.Select(model => tables.Count(means => means[model] <= means.Values.Where(double.IsFinite).Min()).ToString(CultureInfo.InvariantCulture))));
            Console.WriteLine(Line("mean gap to the best" + by, models.Select(model => Text(tables.Average(means => Gap(means, model))))));
            Console.WriteLine(Line("worst gap to the best" + by, models.Select(model => Text(tables.Max(means => Gap(means, model))))));

            // Of errors the share, of shares the difference.
            double Gap(Dictionary<string, double> means, string model) =>
                areDifferences ? means[model] - means.Values.Where(double.IsFinite).Min() : (means[model] / means.Values.Where(double.IsFinite).Min()) - 1;
        }
    }

    // Those that tie share the mean of their ranks.
    private static double Rank(Dictionary<string, double> means, string model) =>
        1 + means.Values.Count(other => other < means[model]) + ((means.Values.Count(other => other.Equals(means[model])) - 1) / 2.0);

    private static double Mean(IEnumerable<double> values) => values.DefaultIfEmpty(double.NaN).Average();

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Line(string first, IEnumerable<string> rest) => string.Join('\t', rest.Prepend(first));
}
