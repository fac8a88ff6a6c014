using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers.LightGbm;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Accuracy of the deep-equilibrium classifier with default options beside ML.NET's own trainers.</summary>
internal static class ClassificationQuality
{
    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds, string device)
    {
        Console.WriteLine("data\tdeep equilibrium\tLightGbm\tFastTree\tSdcaMaximumEntropy\tseconds to train");
        foreach (ClassificationData data in ClassificationData.All.Where(d => names.Count == 0 || names.Contains(d.Name)))
        {
            double[] totals = new double[5];
            for (int seed = 1; seed <= seeds; seed++)
            {
                var ml = new MLContext(seed);
                (IDataView train, IDataView test) = data.Load(ml, folder, seed);
                var options = new DeepEquilibriumOptions();
                options.Training.Device = device;
                if (data.Image is not null)
                {
                    options.Cell = EquilibriumCellKind.MultiscaleConvolutional;
                    options.Image = data.Image;
                }

                long start = Stopwatch.GetTimestamp();
                totals[0] += Accuracy(ml, ml.MulticlassClassification.Trainers.DeepEquilibrium(options), train, test);
                totals[4] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                totals[1] += Accuracy(ml, ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { Seed = seed }), train, test);
                totals[2] += Accuracy(ml, ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.FastTree()), train, test);
                IEstimator<ITransformer> linear = ml.Transforms.NormalizeMeanVariance("Features").Append(ml.MulticlassClassification.Trainers.SdcaMaximumEntropy());
                totals[3] += Accuracy(ml, linear, train, test);
            }

            Console.WriteLine(data.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    private static double Accuracy(MLContext ml, IEstimator<ITransformer> trainer, IDataView train, IDataView test) =>
        ml.MulticlassClassification.Evaluate(trainer.Fit(train).Transform(test)).MicroAccuracy;
}
