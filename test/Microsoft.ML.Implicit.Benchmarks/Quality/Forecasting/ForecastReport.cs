using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Means over splits, coverage of bounds, and how the models rank over the panels that they were tried on.</summary>
internal static class ForecastReport
{
    public static void Print(IReadOnlyCollection<ForecastScore> scores)
    {
        string[] models = [.. scores.Select(score => score.Model).Distinct()];
        var errors = new Ranking(scores.Select(score => (score.Data, score.Model, score.Error)), models);
        errors.PrintMeans("error of all variables together", error => error);
        errors.PrintRanks("", Ranking.Relative);
        new Ranking(scores.Select(score => (score.Data, score.Model, score.Seconds)), models).PrintMeans("processor seconds", seconds => seconds);
        PrintPublished([.. scores.Where(score => PublishedErrors.Has(score.Data))], models);
        new Ranking(scores.Where(score => score.Crps is not null).Select(score => (score.Data, score.Model, score.Crps!.Value)), models).PrintMeans("CRPS of all variables together", score => score);
        PrintVariables([.. scores.Where(score => score.Variables.Length > 1)]);
        PrintCoverage([.. scores.Where(score => score.Coverage.Length > 0)]);
    }

    // Where others have published theirs, mean square errors, as they state them.
    private static void PrintPublished(ForecastScore[] scores, string[] models)
    {
        if (scores.Length == 0)
        {
            return;
        }

        string[] sets = [.. scores.Select(score => score.Data).Distinct()];
        (string Data, string Model, double Square)[] own = [.. scores.Select(score => (score.Data, score.Model, score.Error * score.Error))];
        (string Data, string Model, double Square)[] published = [.. sets.SelectMany(PublishedErrors.Of)];
        var ranking = new Ranking(own.Concat(published), [.. models, .. published.Select(error => error.Model).Distinct()]);
        ranking.PrintMeans("mean square error", square => square);
        ranking.PrintRanks("", Ranking.Relative);
        Ranking.PrintLine("geometric mean of the error by the best published", models.Select(model => Math.Exp(
            own.Where(score => score.Model == model).Select(score => Math.Log(score.Square / PublishedErrors.Best(score.Data))).DefaultIfEmpty(double.NaN).Average())));
    }

    private static void PrintVariables(ForecastScore[] scores)
    {
        if (scores.Length == 0)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine("RMSE of each variable\tmodel");
        foreach (IGrouping<(string Data, string Model), ForecastScore> group in scores.GroupBy(score => (score.Data, score.Model)))
        {
            Ranking.PrintLine($"{group.Key.Data}\t{group.Key.Model}", group.First().Variables.Select((_, v) => group.Average(score => score.Variables[v])));
        }
    }

    private static void PrintCoverage(ForecastScore[] scores)
    {
        if (scores.Length == 0)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine("coverage of 95 % bounds\tmodel\tall\tleast variable\tgreatest variable\tleast split\tgreatest split\tquestions of a split");
        foreach (IGrouping<(string Data, string Model), ForecastScore> panel in scores.GroupBy(score => (score.Data, score.Model)))
        {
            double[] variables = [.. panel.First().Coverage.Select((_, v) => Coverage.Sum(panel.Select(score => score.Coverage[v])).Share)];
            double[] splits = [.. panel.Select(score => Coverage.Sum(score.Coverage).Share)];
            double[] shares = [Coverage.Sum(panel.SelectMany(score => score.Coverage)).Share, variables.Min(), variables.Max(), splits.Min(), splits.Max()];
            string questions = panel.Average(score => score.Questions).ToString("F0", CultureInfo.InvariantCulture);
            Console.WriteLine(string.Join('\t', shares.Select(share => share.ToString("P1", CultureInfo.InvariantCulture)).Prepend(panel.Key.Model).Prepend(panel.Key.Data).Append(questions)));
        }
    }
}
