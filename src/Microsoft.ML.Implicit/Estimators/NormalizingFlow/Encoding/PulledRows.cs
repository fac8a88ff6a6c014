using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Rows whose coordinates have mean 0 and deviation 1 among training rows, those further out than a limit pulled in to it, towards
/// the origin.
/// </summary>
/// <param name="Rows">The rows pulled in, float64 [rows, coordinates].</param>
/// <param name="Stretch">How many times as far out each row lies, at least one: float64 [rows, 1].</param>
/// <param name="Distances">Root mean square of each row's coordinates before, float64 [rows, 1].</param>
internal sealed record PulledRows(Tensor Rows, Tensor Stretch, Tensor Distances)
{
    /// <summary>Distance that at most one training row in a hundred exceeds (Chebyshev's inequality).</summary>
    public const double OutermostTraining = 10;

    /// <summary>Pulls rows in.</summary>
    /// <param name="rows">float64 [rows, coordinates].</param>
    /// <param name="limit">Largest distance.</param>
    public static PulledRows To(Tensor rows, double limit)
    {
        Tensor distances = (rows.Squared().sum(1, keepdim: true) / Math.Max(1, rows.shape[1]).Held()).sqrt();
        Tensor stretch = (distances / limit.Held()).clamp_min(1.Held());
        return new PulledRows(rows / stretch, stretch, distances);
    }

    /// <summary>By how much a log density falls from given rows to the same rows stretched as these are, in nats: [rows].</summary>
    /// <param name="rows">float64 [rows, coordinates].</param>
    /// <param name="kernel">The density.</param>
    public Tensor LogDensityLost(Tensor rows, RadialKernel kernel)
    {
        Tensor square = rows.Squared().sum(1);
        return kernel.Log(square) - kernel.Log(square * Stretch.Squared().squeeze(1));
    }
}
