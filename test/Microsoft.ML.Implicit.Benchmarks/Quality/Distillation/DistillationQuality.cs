using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;
using Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Distillation;

/// <summary>Linear models of a few rows of a table, drawn at random, centres of clusters or learned, and of all rows: test losses.</summary>
internal static class DistillationQuality
{
    private const int Draws = 10;

    private static readonly int[] Multiples = [1, 2, 5];

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds)
    {
        Console.WriteLine("data\tmeasure\trows\trandom rows\tcentres of clusters\tdistilled\tall rows\tnumber of all\tlearned loss\tloss of all\tseconds");
        foreach (TuningTable table in TuningTable.All.Where(table => names.Count == 0 || names.Contains(table.Name)))
        {
            int classes = table.IsClassification ? table.Read(folder, 1).Select(row => row.Class).Distinct().Count() : 4;
            foreach (int count in Multiples.Select(multiple => multiple * classes))
            {
                double[][] scores = [.. Enumerable.Range(1, seeds).Select(seed => table.IsClassification
                    ? Compare(table, folder, count, seed, (ml, view) => ml.MulticlassClassification.Trainers.PenalizedLinear().Fit(view), (ml, rows) => ml.MulticlassClassification.Evaluate(rows).LogLoss, ml => ml.MulticlassClassification.Trainers.PenalizedLinear())
                    : Compare(table, folder, count, seed, (ml, view) => ml.Regression.Trainers.PenalizedLinear().Fit(view), (ml, rows) => ml.Regression.Evaluate(rows).RootMeanSquaredError, ml => ml.Regression.Trainers.PenalizedLinear()))];
                double[] means = [.. Enumerable.Range(0, scores[0].Length).Select(i => scores.Average(run => run[i]))];
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{table.Name}\t{(table.IsClassification ? "log loss" : "RMSE")}\t{count}\t{means[0]:F4}\t{means[1]:F4}\t{means[2]:F4}\t{means[3]:F4}\t{means[4]:F0}\t{means[5]:F4}\t{means[6]:F4}\t{means[7]:F1}"));
            }
        }
    }

    private static double[] Compare(
        TuningTable table,
        string folder,
        int count,
        int seed,
        Func<MLContext, IDataView, ITransformer> fit,
        Func<MLContext, IDataView, double> loss,
        Func<MLContext, IDistillingTrainer> create)
    {
        var ml = new MLContext(seed);
        TabularRow[] rows = table.Read(folder, seed);
        Func<TabularRow[], IDataView> view = TuningTable.Viewer(ml, rows, table.IsClassification);
        TabularRow[] train = rows[(rows.Length / 5)..];
        IDataView test = view(rows[..(rows.Length / 5)]), whole = view(train);
        double random = Enumerable.Range(0, Draws).Average(draw => Loss(view(Draw(train, count, new Random((1000 * seed) + draw)))));
        long start = Stopwatch.GetTimestamp();
        RowDistillation distilled = ml.Implicit().DistillRows(create(ml), whole, new RowDistillationOptions { Count = count, Seed = seed });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return [random, Loss(view(ClusterCentres.Of(ml, train, count, table.IsClassification))), Loss(distilled.Rows), Loss(whole), train.Length, distilled.Loss, distilled.FullLoss, seconds];

        double Loss(IDataView training) => loss(ml, fit(ml, training).Transform(test));
    }

    // Of each class as many as its share, and at least one.
    private static TabularRow[] Draw(TabularRow[] rows, int count, Random random) =>
        [.. rows.GroupBy(row => row.Class).SelectMany(group => group.OrderBy(_ => random.Next()).Take(Math.Max(1, count * group.Count() / rows.Length)))];
}
