using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Decisions;

/// <summary>Normalised regret of shortest paths chosen with linear cost predictions: two-stage least squares beside training through the decision.</summary>
internal static class RegretQuality
{
    private const int TrainingRows = 200;
    private const int ValidationRows = 50;
    private const int TestRows = 1000;

    public static void Run(int seeds, string device)
    {
        Console.WriteLine("degree\tnoise\ttwo-stage least squares\tSPO+\tregret");
        foreach (int degree in new[] { 2, 4, 6 })
        {
            foreach (double noise in new[] { 0, 0.25, 0.5 })
            {
                DecisionLoss[] losses = [DecisionLoss.CostError, DecisionLoss.SpoPlus, DecisionLoss.Regret];
                double[] totals = new double[losses.Length];
                for (int seed = 1; seed <= seeds; seed++)
                {
                    var data = new ShortestPathData(degree, noise, seed);
                    ShortestPathData.Row[] training = data.Draw(TrainingRows), validation = data.Draw(ValidationRows), test = data.Draw(TestRows);
                    for (int i = 0; i < losses.Length; i++)
                    {
                        totals[i] += NormalisedRegret(losses[i], seed, device, training, validation, test);
                    }
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{degree}\t{noise}\t")
                    + string.Join('\t', totals.Select(total => (total / seeds).ToString("P2", CultureInfo.InvariantCulture))));
            }
        }
    }

    private static double NormalisedRegret(DecisionLoss loss, int seed, string device, ShortestPathData.Row[] training, ShortestPathData.Row[] validation, ShortestPathData.Row[] test)
    {
        var ml = new MLContext(seed);
        (double[,] a, double[] b) = ShortestPathData.Flow();
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(ShortestPathData.Row.Costs),
            Loss = loss,
            A = a,
            B = b,
            LowerBounds = 0,
            Tolerance = 1e-7,
            Training = new TrainingOptions { Seed = seed, Device = device, MaximumEpochs = 60, EarlyStoppingPatience = 20 },
        };
        if (loss == DecisionLoss.CostError)
        {
            // Training begins at the least-squares fit, which is all of the first stage.
            options.Training.MaximumEpochs = 1;
            options.Training.LearningRate = double.Epsilon;
        }

        IDataView rows = ml.Data.LoadFromEnumerable(test);
        ITransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(ml.Data.LoadFromEnumerable(training), ml.Data.LoadFromEnumerable(validation));
        float[][] chosen = [.. model.Transform(rows).GetColumn<float[]>("Solution")];
        float[][] best = [.. ml.Transforms.QuadraticProgram("Solution", "Costs", a: a, b: b, lowerBounds: 0).Fit(rows).Transform(rows).GetColumn<float[]>("Solution")];
        return (Cost(chosen, test) / Cost(best, test)) - 1;
    }

    private static double Cost(float[][] paths, ShortestPathData.Row[] rows) =>
        paths.Zip(rows, (path, row) => path.Zip(row.Costs, (z, cost) => (double)z * cost).Sum()).Sum();
}
