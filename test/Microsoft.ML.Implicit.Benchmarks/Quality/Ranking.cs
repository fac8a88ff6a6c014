using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Means over repetitions, and how models rank over the data sets that they were tried on; less is better.</summary>
internal sealed class Ranking
{
    private readonly string[] _models;

    // A mean for each model, NaN where it was not tried.
    private readonly Dictionary<string, double[]> _means;

    public Ranking(IEnumerable<(string Data, string Model, double Value)> scores, string[] models)
    {
        _models = models;
        _means = scores.GroupBy(score => score.Data).ToDictionary(
            set => set.Key,
            set => Array.ConvertAll(models, model => set.Where(score => score.Model == model).Select(score => score.Value).DefaultIfEmpty(double.NaN).Average()));
    }

    /// <summary>Mean rank of each model; those that tie share the mean of their ranks.</summary>
    public double[] MeanRanks => Over(Rank, ranks => ranks.Average());

    /// <summary>On how many sets each model is the best, alone or level with others.</summary>
    public double[] Firsts => Over((means, own) => own <= Best(means) ? 1 : 0, firsts => firsts.Sum());

    /// <param name="gap">Distance from a model's mean to the best.</param>
    public double[] MeanGaps(Func<double, double, double> gap) => Over((means, own) => gap(own, Best(means)), gaps => gaps.Average());

    /// <param name="gap">Distance from a model's mean to the best.</param>
    public double[] WorstGaps(Func<double, double, double> gap) => Over((means, own) => gap(own, Best(means)), gaps => gaps.Max());

    /// <summary>The gap of errors, which have a unit.</summary>
    public static double Relative(double own, double best) => (own / best) - 1;

    public void PrintMeans(string measure, Func<double, double> shown)
    {
        if (_means.Count == 0)
        {
            return;
        }

        Console.WriteLine();
        Console.WriteLine(string.Join('\t', _models.Prepend(measure)));
        foreach ((string data, double[] means) in _means)
        {
            PrintLine(data, means.Select(shown));
        }
    }

    public void PrintRanks(string by, Func<double, double, double> gap)
    {
        if (_means.Count == 0)
        {
            return;
        }

        PrintLine("mean rank" + by, MeanRanks);
        PrintLine("first" + by, Firsts);
        PrintLine("mean gap to the best" + by, MeanGaps(gap));
        PrintLine("worst gap to the best" + by, WorstGaps(gap));
    }

    public static void PrintLine(string first, IEnumerable<double> values) =>
        Console.WriteLine(string.Join('\t', values.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)).Prepend(first)));

    private double[] Over(Func<double[], double, double> measure, Func<IEnumerable<double>, double> summary) =>
    [
        .. _models.Select((_, model) => summary(
            _means.Values.Where(means => double.IsFinite(means[model])).Select(means => measure(means, means[model])).DefaultIfEmpty(double.NaN))),
    ];

    private static double Best(double[] means) => means.Where(double.IsFinite).Min();

    private static double Rank(double[] means, double own) => 1 + means.Count(other => other < own) + ((means.Count(other => other.Equals(own)) - 1) / 2.0);
}
