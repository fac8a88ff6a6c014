using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.MetaLearning;

/// <summary>Linear models of new series, of which a few rows are known: errors on their other rows of one model for all series, one for each, and the meta-learned one.</summary>
internal static class AdaptationQuality
{
    private static readonly int[] Counts = [1, 2, 5, 10];
    private static readonly double[] Penalties = [1e-3, 1e-2, 0.1, 1, 10];

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds)
    {
        Console.WriteLine("data\trows of a new series\tone model\tand a level a series\tone a series\tmeta-learned\tseconds of training");
        foreach (PanelTable table in PanelTable.All.Where(table => names.Count == 0 || names.Contains(table.Name)))
        {
            PanelRow[] rows = table.Read(folder);
            foreach (int count in Counts)
            {
                double[][] scores = [.. Enumerable.Range(1, seeds).Select(seed => Compare(rows, count, seed)).OfType<double[]>()];
                if (scores.Length == seeds)
                {
                    string means = string.Join('\t', Enumerable.Range(0, scores[0].Length).Select(i => scores.Average(run => run[i]).ToString("G4", CultureInfo.InvariantCulture)));
                    Console.WriteLine($"{table.Name}\t{count}\t{means}");
                }
            }
        }
    }

    private static double[]? Compare(PanelRow[] rows, int count, int seed)
    {
        var ml = new MLContext(seed);
        var random = new Random(seed);
        PanelRow[][] series = [.. rows.GroupBy(row => row.Task).Select(group => group.OrderBy(_ => random.Next()).ToArray())];
        random.Shuffle(series);
        int held = Math.Max(2, series.Length * 3 / 10);
        PanelRow[][] known = series[held..], asked = [.. series[..held].Where(rows => rows.Length > count)];
        if (asked.Length == 0)
        {
            return null;
        }

        PanelRow[] train = [.. known.SelectMany(rows => rows)], few = [.. asked.SelectMany(rows => rows[..count])], others = [.. asked.SelectMany(rows => rows[count..])];
        ITransformer joint = Linear(ml, 1e-3).Fit(PanelTable.View(ml, [.. train, .. few]));
        double penalty = Penalties.MinBy(penalty => Separate(ml, [.. known.Where(rows => rows.Length > count)], count, penalty));
        long start = Stopwatch.GetTimestamp();
        MetaLearnedLinearTransformer learned = ml.Regression.Trainers.MetaLearnedLinear().Fit(PanelTable.View(ml, train));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return
        [
            Error(others, Scores(ml, joint, others)), Levelled(ml, joint, asked, count), Separate(ml, asked, count, penalty),
            Error(others, Scores(ml, learned.Adapt(PanelTable.View(ml, few)), others)), seconds,
        ];
    }

    private static IEstimator<ITransformer> Linear(MLContext ml, double penalty) => ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { Penalty = penalty });

    private static double Separate(MLContext ml, PanelRow[][] series, int count, double penalty) => Error(
        [.. series.SelectMany(rows => rows[count..])],
        [.. series.SelectMany(rows => Scores(ml, Linear(ml, penalty).Fit(PanelTable.View(ml, rows[..count])), rows[count..]))]);

    // One model for all, moved by what it is wrong by on the rows that are known.
    private static double Levelled(MLContext ml, ITransformer joint, PanelRow[][] series, int count) => Error(
        [.. series.SelectMany(rows => rows[count..])],
        [.. series.SelectMany(rows =>
        {
            float[] scores = Scores(ml, joint, rows);
            float level = rows.Take(count).Zip(scores, (row, score) => row.Label - score).Average();
            return scores[count..].Select(score => score + level);
        })]);

    private static float[] Scores(MLContext ml, ITransformer model, PanelRow[] rows)
    {
        IDataView scored = model.Transform(PanelTable.View(ml, rows));
        return [.. scored.GetColumn<float>("Score")];
    }

    private static double Error(PanelRow[] rows, float[] scores) => Math.Sqrt(rows.Zip(scores, (row, score) => Math.Pow(row.Label - score, 2)).Average());
}
