using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Marginals;

/// <summary>
/// <c>latent-sde</c>: how far the marginal laws of simulated paths lie from the true ones at eight times, from the first observation of each series on, as Wasserstein
/// distances in standard deviations; beside them, what two true samples of the size differ by, the simulated law's mean and deviation in the true one's, by how much calibration stretched the paths,
/// the slope of changes just before that time over the values they set out from and the true slope, and what is left of these changes in the true ones: a diffusion that is too large shows in the last column,
/// a drift that is too weak in the slopes. Each history has one path, so that paths are as independent as those of the true samples. A last line has the largest and the mean distance.
/// </summary>
internal static class LatentSdeCommand
{
    private const int TrainingSeries = 1024;
    private const int Times = 8;

    public static System.CommandLine.Command Create()
    {
        var sets = new Option<string[]>("--set") { Description = "names of processes; all without it", DefaultValueFactory = _ => [] };
        var seeds = new Option<int>("--seeds") { Description = "repetitions", DefaultValueFactory = _ => 1 };
        var first = new Option<int>("--first-seed") { Description = "seed of the first of them", DefaultValueFactory = _ => 1 };
        var device = new Option<string>("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        var samples = new Option<int>("--samples") { Description = "paths and true samples that distances are those of", DefaultValueFactory = _ => 16384 };
        var settings = new Option<string[]>("--option") { Description = "a setting of the forecaster, such as TrainingMethod=Adjoint", DefaultValueFactory = _ => [] };
        var command = new System.CommandLine.Command("latent-sde", "Prints distances of the marginal laws of latent SDEs from the true ones.") { sets, seeds, first, samples, device, settings };
        command.SetAction(result =>
        {
            Console.WriteLine("process\tseed\tvariable\ttime\tdistance\ttwo true samples\tmean\tdeviation\tstretch\tslope\ttrue slope\tincrements\tseconds to train");
            string[] chosen = result.GetRequiredValue(sets);
            foreach (RandomProcess process in RandomProcesses.All.Where(process => chosen.Length == 0 || chosen.Contains(process.Name)))
            {
                foreach (int seed in Enumerable.Range(result.GetRequiredValue(first), result.GetRequiredValue(seeds)))
                {
                    Run(process, seed, result.GetRequiredValue(samples), options =>
                    {
                        options.Training.Device = result.GetRequiredValue(device);
                        Array.ForEach(result.GetRequiredValue(settings), setting => Setting.Apply(options, setting));
                    });
                }
            }
        });
        return command;
    }

    private static void Run(RandomProcess process, int seed, int samples, Action<LatentSdeOptions> configure)
    {
        var ml = new MLContext(seed);
        var random = new Random(seed);
        double[] observed = [.. Enumerable.Range(0, RandomProcess.Observations).Select(i => process.End * i / (RandomProcess.Observations - 1))];
        double gap = observed[1];
        double[] asked = [.. Enumerable.Range(1, Times).SelectMany(i => new[] { (process.End * i / Times) - gap, process.End * i / Times })];
        var options = new LatentSdeOptions
        {
            InputColumnNames = [.. Enumerable.Range(0, process.Dimension).Select(v => $"Value{v}")],
            Horizon = asked,
        };
        options.Training.Seed = seed;
        configure(options);
        long start = Stopwatch.GetTimestamp();
        using LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options)
            .Fit(ml.Data.LoadFromEnumerable(Enumerable.Range(0, TrainingSeries).Select(_ => Row.Create(observed, process.Observe(random, observed))).ToArray()));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        IDataView histories = ml.Data.LoadFromEnumerable(Enumerable.Range(0, samples).Select(_ => Row.Create([0], process.Observe(random, [0]))).ToArray());
        float[][] paths = [.. ml.Transforms.SimulateSde(model, pathCount: 1, seed: seed).Fit(histories).Transform(histories).GetColumn<float[]>("Paths")];
        double[][][][] truth = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, samples).Select(_ => process.Observe(random, asked)).ToArray())];
        var distances = new List<(double Simulated, double True)>();
        for (int v = 0; v < process.Dimension; v++)
        {
            for (int m = 1; m < asked.Length; m += 2)
            {
                int slot = (v * asked.Length) + m;
                double[] simulated = [.. paths.Select(row => (double)row[slot]).Order()];
                double[] one = [.. truth[0].Select(path => path[v][m]).Order()], other = [.. truth[1].Select(path => path[v][m]).Order()];
                (double mean, double deviation) = Moments(one);
                (double simulatedMean, double simulatedDeviation) = Moments(simulated);
                (double slope, double noise) = Increments([.. paths.Select(row => ((double)row[slot - 1], (double)row[slot]))], gap);
                (double trueSlope, double trueNoise) = Increments([.. truth[0].Select(path => (path[v][m - 1], path[v][m]))], gap);
                distances.Add((Distance(simulated, one) / deviation, Distance(other, one) / deviation));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{process.Name}\t{seed}\t{v}\t{asked[m]:G4}\t{distances[^1].Simulated:F4}\t{distances[^1].True:F4}\t{(simulatedMean - mean) / deviation:F4}\t{simulatedDeviation / deviation:F4}\t{model.Model.Stretch(v, asked[m]):F3}\t{slope:F3}\t{trueSlope:F3}\t{noise / trueNoise:F3}\t{seconds:F0}"));
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{process.Name}, seed {seed}: distances at most {distances.Max(distance => distance.Simulated):F4}, on average {distances.Average(distance => distance.Simulated):F4}; of two true samples at most {distances.Max(distance => distance.True):F4}, on average {distances.Average(distance => distance.True):F4}"));
    }

    // Least-squares slope of the change in a unit of time over the value before it, and the deviation of what is left.
    private static (double Slope, double Noise) Increments((double Before, double After)[] pairs, double gap)
    {
        double before = pairs.Average(pair => pair.Before), change = pairs.Average(pair => pair.After - pair.Before);
        double slope = pairs.Sum(pair => (pair.Before - before) * (pair.After - pair.Before - change)) / pairs.Sum(pair => (pair.Before - before) * (pair.Before - before));
        return (slope / gap, Moments([.. pairs.Select(pair => pair.After - pair.Before - (slope * pair.Before))]).Deviation);
    }

    private static (double Mean, double Deviation) Moments(double[] values)
    {
        double mean = values.Average();
        return (mean, Math.Sqrt(values.Average(value => (value - mean) * (value - mean))));
    }

    // Of samples of equal size, in order.
    private static double Distance(double[] left, double[] right) => left.Zip(right, (x, y) => Math.Abs(x - y)).Average();

    private sealed class Row
    {
        public double[] Time { get; set; } = [];

        public float[] Value0 { get; set; } = [];

        public float[] Value1 { get; set; } = [];

        public float[] Value2 { get; set; } = [];

        public static Row Create(double[] times, double[][] values) => new()
        {
            Time = times,
            Value0 = Singles(values, 0),
            Value1 = Singles(values, 1),
            Value2 = Singles(values, 2),
        };

        private static float[] Singles(double[][] values, int variable) => variable < values.Length ? Array.ConvertAll(values[variable], value => (float)value) : [];
    }
}
