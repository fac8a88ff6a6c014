using System.Diagnostics;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>The normalizing flow with default options, and others beside it, their settings chosen on the validation rows.</summary>
internal static class DensityModels
{
    private static readonly int[] Components = [1, 2, 4, 8, 16, 32];
    private static readonly double[] Bandwidths = [0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7];
    private static readonly (int Width, double Dropout)[] SplineSettings = [(64, 0), (64, 0.2)];

    /// <summary>Trains each, or those named, on a split and tests it; flows on the device of the options.</summary>
    public static IEnumerable<DensityScore> Run(DensityTable table, string folder, int seed, NormalizingFlowOptions options, IReadOnlyCollection<string> only)
    {
        using DisposeScope scope = NewDisposeScope();
        (double[][] train, double[][] validation, double[][] test) = table.Load(folder, seed);
        Tensor rows = Rows(train), mean = rows.mean([0]), deviation = rows.std(0);
        Tensor x = (rows - mean) / deviation, v = (Rows(validation) - mean) / deviation, t = (Rows(test) - mean) / deviation;
        using var generator = new Generator((ulong)seed);
        (string Name, Func<double> Test)[] models =
        [
            ("NormalizingFlow", () => Flow(x, v, t, seed, options)),
            ("spline flow", () => SplineFlow.Fit(Placed(x), Placed(v), SplineSettings, seed).forward(Placed(t)).mean().ToDouble()),
            ("Gaussian", () => MixtureDensity.Fit(x, 1, generator).LogDensity(t).mean().ToDouble()),
            ("Gaussian mixture", () => Components.Select(k => MixtureDensity.Fit(x, k, generator)).MaxBy(m => m.LogDensity(v).mean().ToDouble())!.LogDensity(t).mean().ToDouble()),
            ("kernels", () => KernelDensity.MeanLogDensity(x, t, Bandwidths.MaxBy(h => KernelDensity.MeanLogDensity(x, v, h)))),
        ];
        foreach ((string model, Func<double> score) in models.Where(model => only.Count == 0 || only.Contains(model.Name)))
        {
            long start = Stopwatch.GetTimestamp();
            double logDensity = score();
            yield return new DensityScore(table.Name, seed, model, logDensity, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        Tensor Placed(Tensor rows) => Single(rows).to(device(options.Training.Device));
    }

    private static double Flow(Tensor train, Tensor validation, Tensor test, int seed, NormalizingFlowOptions options)
    {
        var ml = new MLContext(seed);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(View(ml, train), View(ml, validation));
        return model.Model.LogDensity(View(ml, test)).Average();
    }

    private static IDataView View(MLContext ml, Tensor rows) => FeatureRow.View(ml, [.. Single(rows).data<float>().ToArray().Chunk((int)rows.shape[1])]);

    private static Tensor Single(Tensor rows) => rows.to(ScalarType.Float32);

    private static Tensor Rows(double[][] rows) => tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
}
