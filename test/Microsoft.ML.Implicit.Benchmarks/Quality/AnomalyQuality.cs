using System.Diagnostics;
using System.Globalization;
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
                int rank = Math.Min(20, data.FeatureCount - 1);
                var options = new NormalizingFlowOptions();
                options.Training.Device = device;
                long start = Stopwatch.GetTimestamp();
                totals[0] += Area(ml, ml.AnomalyDetection.Trainers.NormalizingFlow(options), train, test);
                totals[3] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                totals[1] += Area(ml, ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed), train, test);
                IEstimator<ITransformer> normalised = ml.Transforms.NormalizeMeanVariance("Features").Append(ml.AnomalyDetection.Trainers.RandomizedPca(rank: rank, seed: seed));
                totals[2] += Area(ml, normalised, train, test);
            }

            Console.WriteLine(data.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    private static double Area(MLContext ml, IEstimator<ITransformer> trainer, IDataView train, IDataView test) =>
        ml.AnomalyDetection.Evaluate(trainer.Fit(train).Transform(test)).AreaUnderRocCurve;
}
