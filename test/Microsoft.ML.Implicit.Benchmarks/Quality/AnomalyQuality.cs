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
        Console.WriteLine("data\tnormalizing flow\tRandomizedPca\tRandomizedPca, normalised\tseconds to train");
        foreach (AnomalyData data in AnomalyData.All.Where(d => names.Count == 0 || names.Contains(d.Name)))
        {
            double[] totals = new double[4];
            for (int seed = 1; seed <= seeds; seed++)
            {
                var ml = new MLContext(seed);
                (IDataView train, IDataView test) = data.Load(ml, folder, seed);
                var options = new NormalizingFlowOptions();
                options.Training.Device = device;
                long start = Stopwatch.GetTimestamp();
                totals[0] += Area(ml, ml.AnomalyDetection.Trainers.NormalizingFlow(options), train, test);
                totals[3] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                totals[1] += Ranks(data).Max(rank => Area(ml, ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed), train, test));
                totals[2] += Ranks(data).Max(rank => Area(ml, Normalised(ml, rank, seed), train, test));
            }

            Console.WriteLine(data.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    // The peer gets its best rank in hindsight. With a rank that the data does not have, its scores are NaN.
    private static IEnumerable<int> Ranks(AnomalyData data) => new[] { 4, 2, 1 }.Select(divisor => Math.Clamp(data.FeatureCount / divisor, 1, data.FeatureCount - 1)).Distinct();

    private static IEstimator<ITransformer> Normalised(MLContext ml, int rank, int seed) =>
        ml.Transforms.NormalizeMeanVariance("Features").Append(ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed));

    private static double Area(MLContext ml, IEstimator<ITransformer> trainer, IDataView train, IDataView test)
    {
        IDataView scored = trainer.Fit(train).Transform(test);
        return scored.GetColumn<float>("Score").Any(float.IsNaN) ? 0 : ml.AnomalyDetection.Evaluate(scored).AreaUnderRocCurve;
    }
}
