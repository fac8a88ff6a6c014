using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>Linear models with one penalty from a grid, one that is tuned, and one a feature: test losses, and times in those of one fit.</summary>
internal static class TuningQuality
{
    private const int GridSize = 20;

    private static readonly string[] Models = ["grid of 20", "one tuned", "one a feature"];

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds)
    {
        Console.WriteLine("data\tmeasure\t" + string.Join('\t', Models) + "\ttime of grid\tof one tuned\tof one a feature, in fits\tsteps of a fit\tof one tuned\tof one a feature");
        foreach (TuningTable table in TuningTable.All.Where(table => names.Count == 0 || names.Contains(table.Name)))
        {
            Score[][] scores = [.. Enumerable.Range(1, seeds).Select(seed => table.IsClassification ? Classes(table, folder, seed) : Numbers(table, folder, seed))];
            double[] means = [.. Enumerable.Range(0, Models.Length).Select(i => scores.Average(run => run[i].TestLoss))];
            double[] times = [.. Enumerable.Range(0, Models.Length).Select(i => scores.Average(run => run[i].Fits))];
            double[] steps = [.. Enumerable.Range(0, Models.Length).Select(i => scores.Average(run => run[i].Steps))];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{table.Name}\t{(table.IsClassification ? "log loss" : "RMSE")}\t{means[0]:F4}\t{means[1]:F4}\t{means[2]:F4}\t{times[0]:F1}\t{times[1]:F1}\t{times[2]:F1}\t{steps[0]:F1}\t{steps[1]:F1}\t{steps[2]:F1}"));
        }
    }

    private static Score[] Classes(TuningTable table, string folder, int seed)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView validation, IDataView test) = table.Load(ml, folder, seed);
        return Compare(
            ml, train, validation, test, options => ml.MulticlassClassification.Trainers.PenalizedLinear(options), (model, rows) => ml.MulticlassClassification.Evaluate(model.Transform(rows)).LogLoss);
    }

    private static Score[] Numbers(TuningTable table, string folder, int seed)
    {
        var ml = new MLContext(seed);
        (IDataView train, IDataView validation, IDataView test) = table.Load(ml, folder, seed);
        return Compare(
            ml, train, validation, test, options => ml.Regression.Trainers.PenalizedLinear(options), (model, rows) => ml.Regression.Evaluate(model.Transform(rows)).RootMeanSquaredError);
    }

    private static Score[] Compare<TTransformer>(
        MLContext ml,
        IDataView train,
        IDataView validation,
        IDataView test,
        Func<PenalizedLinearOptions, IRegularizedTrainer<TTransformer>> create,
        Func<ITransformer, IDataView, double> loss)
        where TTransformer : class, ITransformer
    {
        // What is only slow the first time is no part of it.
        ml.Implicit().TuneRegularization(create(new PenalizedLinearOptions()), train, validation, new RegularizationTuningOptions { MaximumEvaluations = 3 });
        double[] penalties = [.. Enumerable.Range(0, GridSize).Select(i => Math.Pow(10, -5 + (6.0 * i / (GridSize - 1))))];
        long start = Stopwatch.GetTimestamp();
        TTransformer[] grid = [.. penalties.Select(penalty => create(new PenalizedLinearOptions { Penalty = penalty }).Fit(train))];
        double fit = Stopwatch.GetElapsedTime(start).TotalSeconds / GridSize;
        ITransformer best = grid.MinBy(model => loss(model, validation))!;
        int steps = ml.Implicit().TuneRegularization(create(new PenalizedLinearOptions()), train, validation, new RegularizationTuningOptions { MaximumEvaluations = 1 }).History[0].TrainingSteps;
        return [new Score(loss(best, test), GridSize, steps), Tune(PenaltySharing.One), Tune(PenaltySharing.Each)];

        Score Tune(PenaltySharing sharing)
        {
            long begin = Stopwatch.GetTimestamp();
            RegularizationTuning<TTransformer> tuned =
                ml.Implicit().TuneRegularization(create(new PenalizedLinearOptions()), train, validation, new RegularizationTuningOptions { Penalties = sharing });
            double elapsed = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            return new Score(loss(tuned.Model, test), elapsed / fit, tuned.History.Sum(evaluation => evaluation.TrainingSteps));
        }
    }

    private sealed record Score(double TestLoss, double Fits, int Steps);
}
