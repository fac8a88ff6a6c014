using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Held-out negative log likelihood of the normalizing flow in the plane beside that of the true density, in nats.</summary>
internal static class ToyQuality
{
    private const int Rows = 20_000;

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds, string device)
    {
        Console.WriteLine("distribution\tnormalizing flow\ttrue density\tdifference\tseconds to train");
        foreach (ToyDensity toy in ToyDensity.All.Where(t => names.Count == 0 || names.Contains(t.Name)))
        {
            double[] totals = new double[4];
            for (int seed = 1; seed <= seeds; seed++)
            {
                var ml = new MLContext(seed);
                var random = new Random(seed);
                var options = new NormalizingFlowOptions();
                options.Training.Device = device;
                long start = Stopwatch.GetTimestamp();
                using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ml.Data.LoadFromEnumerable(Draw(toy, random).ToArray()));
                totals[3] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                Row[] test = [.. Draw(toy, random)];
                totals[0] -= model.Model.LogDensity(ml.Data.LoadFromEnumerable(test)).Average();
                totals[1] -= test.Average(r => toy.LogDensity(r.Features[0], r.Features[1]));
            }

            totals[2] = totals[0] - totals[1];
            Console.WriteLine(toy.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    private static IEnumerable<Row> Draw(ToyDensity toy, Random random)
    {
        for (int i = 0; i < Rows; i++)
        {
            (double x, double y) = toy.Draw(random);
            yield return new Row { Features = [(float)x, (float)y] };
        }
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
