using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Directional;

/// <summary>
/// Held-out log likelihood a row, in nats by radian or steradian, of angles and of unit vectors: the normalizing flow with
/// default options beside the uniform distribution, mixtures of von Mises-Fisher distributions and kernels, the latter two
/// with their setting chosen on validation rows, and the true density where it is known.
/// </summary>
internal static class DirectionalQuality
{
    private static readonly int[] Components = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
    private static readonly double[] Concentrations = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

    public static void Run(string folder, IReadOnlyCollection<string> names, int seeds, string device)
    {
        NativeBackend.EnsureLoaded();
        Console.WriteLine("data\tnormalizing flow\tuniform\tvon Mises-Fisher mixture\tkernels\ttrue density\tseconds to train");
        foreach (DirectionalData data in DirectionalData.All.Where(d => names.Count == 0 || names.Contains(d.Name)))
        {
            double[] totals = new double[6];
            for (int seed = 1; seed <= seeds; seed++)
            {
                using DisposeScope scope = NewDisposeScope();
                (Tensor train, Tensor validation, Tensor test) = data.Load(folder, seed);
                long start = Stopwatch.GetTimestamp();
                totals[0] += Flow(train, validation, test, seed, device);
                totals[5] += Stopwatch.GetElapsedTime(start).TotalSeconds;
                totals[1] -= Math.Log(test.shape[1] == 2 ? 2 * Math.PI : 4 * Math.PI);
                using var generator = new Generator((ulong)seed);
                totals[2] += Components.Select(k => VonMisesFisherMixture.Fit(train, k, generator)).MaxBy(m => m.MeanLogDensity(validation))!.MeanLogDensity(test);
                totals[3] += Concentrations.Select(k => VonMisesFisherMixture.Kernels(train, k)).MaxBy(m => m.MeanLogDensity(validation))!.MeanLogDensity(test);
                totals[4] += data.Truth?.MeanLogDensity(test) ?? double.NaN;
            }

            Console.WriteLine(data.Name + "\t" + string.Join('\t', totals.Select(total => (total / seeds).ToString("F4", CultureInfo.InvariantCulture))));
        }
    }

    private static double Flow(Tensor train, Tensor validation, Tensor test, int seed, string device)
    {
        var ml = new MLContext(seed);
        bool isCircle = train.shape[1] == 2;
        var options = new NormalizingFlowOptions { ManifoldFeatures = [isCircle ? ManifoldFeature.Angle(0) : ManifoldFeature.UnitVector(0, 3)] };
        options.Training.Device = device;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(View(ml, train), View(ml, validation));
        return model.Model.LogDensity(View(ml, test)).Average();
    }

    private static IDataView View(MLContext ml, Tensor rows)
    {
        Tensor features = rows.shape[1] == 2 ? rows.narrow(1, 1, 1).atan2(rows.narrow(1, 0, 1)) : rows;
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, (int)features.shape[1]);
        float[] values = features.to(ScalarType.Float32).data<float>().ToArray();
        return ml.Data.LoadFromEnumerable(values.Chunk((int)features.shape[1]).Select(r => new Row { Features = r }), schema);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
