using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>Gaussian kernels at standardised training rows.</summary>
internal static class KernelDensity
{
    /// <summary>Mean log density of rows, float64 [rows, columns].</summary>
    public static double MeanLogDensity(Tensor training, Tensor rows, double bandwidth)
    {
        double total = 0;
        long d = training.shape[1];
        for (long first = 0; first < rows.shape[0]; first += 500)
        {
            using DisposeScope scope = NewDisposeScope();
            long count = Math.Min(500, rows.shape[0] - first);
            Tensor distances = cdist(rows.narrow(0, first, count), training).square();
            Tensor kernels = (-0.5 * distances / (bandwidth * bandwidth)).logsumexp(1);
            total += kernels.sum().ToDouble();
        }

        return total / rows.shape[0] - Math.Log(training.shape[0]) - d * Math.Log(bandwidth * Math.Sqrt(2 * Math.PI));
    }
}
