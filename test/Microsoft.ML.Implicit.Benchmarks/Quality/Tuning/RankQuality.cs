using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>What a loss of ranks does for the order of scores: Spearman's correlation of scores and labels of test rows, and their error, by its weight.</summary>
internal static class RankQuality
{
    private static readonly double[] Weights = [0, 0.3, 1, 10];

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds, string device)
    {
        Console.WriteLine("data\tweight of ranks\tcorrelation of ranks\tRMSE\tcorrelation of each seed");
        foreach (TuningTable table in TuningTable.All.Where(table => !table.IsClassification && (names.Count == 0 || names.Contains(table.Name))))
        {
            foreach (double weight in Weights)
            {
                (double Correlation, double Error)[] scores = [.. Enumerable.Range(1, seeds).Select(seed => Score(table with { HasProducts = false }, folder, seed, device, weight))];
                string each = string.Join(' ', scores.Select(score => score.Correlation.ToString("F4", CultureInfo.InvariantCulture)));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{table.Name}\t{weight}\t{scores.Average(score => score.Correlation):F4}\t{scores.Average(score => score.Error):F4}\t{each}"));
            }
        }
    }

    private static (double Correlation, double Error) Score(TuningTable table, string folder, int seed, string device, double weight)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView validation, IDataView test) = table.Load(ml, folder, seed);
        var options = new DeepEquilibriumOptions { EnsembleSize = 1, RankWeight = weight, Training = { Seed = seed, Device = device } };
        using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(options).Fit(train, validation);
        IDataView scored = model.Transform(test);
        return (Correlation([.. scored.GetColumn<float>("Score")], [.. scored.GetColumn<float>("Label")]), ml.Regression.Evaluate(scored).RootMeanSquaredError);
    }

    private static double Correlation(float[] first, float[] second)
    {
        (double[] x, double[] y) = (Ranks(first), Ranks(second));
        double mean = (x.Length - 1) / 2.0;
        return x.Zip(y, (a, b) => (a - mean) * (b - mean)).Sum() / Math.Sqrt(x.Sum(a => (a - mean) * (a - mean)) * y.Sum(b => (b - mean) * (b - mean)));
    }

    // Equal values share the mean of their ranks.
    private static double[] Ranks(float[] values)
    {
        double[] ranks = new double[values.Length];
        int first = 0;
        foreach (IGrouping<float, int> equal in Enumerable.Range(0, values.Length).GroupBy(i => values[i]).OrderBy(group => group.Key))
        {
            foreach (int i in equal)
            {
                ranks[i] = first + ((equal.Count() - 1) / 2.0);
            }

            first += equal.Count();
        }

        return ranks;
    }
}
