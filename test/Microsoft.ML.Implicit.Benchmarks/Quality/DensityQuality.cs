using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>
/// Held-out log likelihood a row, in nats, of standardised columns: the normalizing flow with default options beside a
/// Gaussian, a mixture of Gaussians and kernels, the latter two with their setting chosen on validation rows.
/// </summary>
internal static class DensityQuality
{
    private static readonly int[] Components = [1, 2, 4, 8, 16, 32];
    private static readonly double[] Bandwidths = [0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5];

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds, string device)
    {
        NativeBackend.EnsureLoaded();
        Console.WriteLine("data\tnormalizing flow\tGaussian\tGaussian mixture\tkernels\tseconds to train");
        foreach (DensityData data in DensityData.All.Where(d => names.Count == 0 || names.Contains(d.Name)))
        {
            double[] totals = new double[5];
            for (int seed = 1; seed <= seeds; seed++)
            {
                using DisposeScope scope = NewDisposeScope();
                (double[][] train, double[][] validation, double[][] test) = data.Load(folder, seed);
                (Tensor mean, Tensor deviation) = Scale(train);
                Tensor x = (Rows(train) - mean) / deviation, v = (Rows(validation) - mean) / deviation, t = (Rows(test) - mean) / deviation;
                long start = Stopwatch.GetTimestamp();
                totals[0] += Flow(x, v, t, seed, device);
                totals[4] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                (x, v, t) = (x.to(device), v.to(device), t.to(device));
                using var generator = new Generator((ulong)seed);
                totals[1] += MixtureDensity.Fit(x, 1, generator).LogDensity(t).mean().ToDouble();
                totals[2] += Components.Select(k => MixtureDensity.Fit(x, k, generator)).MaxBy(m => m.LogDensity(v).mean().ToDouble())!.LogDensity(t).mean().ToDouble();
                double bandwidth = Bandwidths.MaxBy(h => KernelDensity.MeanLogDensity(x, v, h));
                totals[3] += KernelDensity.MeanLogDensity(x, t, bandwidth);
            }

            Console.WriteLine(data.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    private static double Flow(Tensor train, Tensor validation, Tensor test, int seed, string device)
    {
        var ml = new MLContext(seed);
        var options = new NormalizingFlowOptions();
        options.Training.Device = device;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(View(ml, train), View(ml, validation));
        return model.Model.LogDensity(View(ml, test)).Average();
    }

    private static IDataView View(MLContext ml, Tensor rows)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, (int)rows.shape[1]);
        float[] values = rows.to(ScalarType.Float32).data<float>().ToArray();
        return ml.Data.LoadFromEnumerable(values.Chunk((int)rows.shape[1]).Select(r => new Row { Features = r }), schema);
    }

    private static Tensor Rows(double[][] rows) => tensor([.. rows.SelectMany(r => r)], [rows.Length, rows[0].Length]);

    private static (Tensor Mean, Tensor Deviation) Scale(double[][] rows)
    {
        Tensor x = Rows(rows);
        return (x.mean([0]), x.std(0));
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
