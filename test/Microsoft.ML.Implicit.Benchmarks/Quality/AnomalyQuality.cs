using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Area under the ROC curve of the normalizing flow with default options beside ML.NET's RandomizedPca, trained on normal rows.</summary>
internal static class AnomalyQuality
{
    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds, string device)
    {
        Console.WriteLine("data\tnormalizing flow\tby direction and length\tRandomizedPca\tRandomizedPca, normalised\tseconds to train");
        foreach (AnomalyData data in AnomalyData.All.Where(d => names.Count == 0 || names.Contains(d.Name)))
        {
            double[] totals = new double[5];
            for (int seed = 1; seed <= seeds; seed++)
            {
                var ml = new MLContext(seed);
                (IDataView train, IDataView test) = data.Load(ml, folder, seed);
                var options = new NormalizingFlowOptions { Scoring = AnomalyScoring.PolarLogDensity };
                options.Training.Device = device;
                long start = Stopwatch.GetTimestamp();
                using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(train);
                totals[4] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                IDataView scored = model.Transform(test);
                totals[0] += Area(ml, NegativeLogDensity(ml, scored));
                totals[1] += Area(ml, scored);
                totals[2] += Ranks(data).Max(rank => Area(ml, ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed), train, test));
                totals[3] += Ranks(data).Max(rank => Area(ml, Normalised(ml, rank, seed), train, test));
            }

            Console.WriteLine(data.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    // The peer gets its best rank in hindsight. With a rank that the data does not have, its scores are NaN.
    private static IEnumerable<int> Ranks(AnomalyData data) => new[] { 4, 2, 1 }.Select(divisor => Math.Clamp(data.FeatureCount / divisor, 1, data.FeatureCount - 1)).Distinct();

    private static IEstimator<ITransformer> Normalised(MLContext ml, int rank, int seed) =>
        ml.Transforms.NormalizeMeanVariance("Features").Append(ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed));

    // The default score, of the same model.
    private static IDataView NegativeLogDensity(MLContext ml, IDataView scored) =>
        ml.Transforms.Expression("Score", "(x) => -x", "LogDensity").Fit(scored).Transform(scored);

    private static double Area(MLContext ml, IEstimator<ITransformer> trainer, IDataView train, IDataView test) => Area(ml, trainer.Fit(train).Transform(test));

    private static double Area(MLContext ml, IDataView scored) =>
        scored.GetColumn<float>("Score").Any(float.IsNaN) ? 0 : ml.AnomalyDetection.Evaluate(scored).AreaUnderRocCurve;
}
