using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>The noise of simulated paths: the same for the same seeds, whatever stands beside a row in its batch.</summary>
/// <param name="Seeds">Seeds of the paths of each row in turn.</param>
/// <param name="Paths">Number of paths of a row.</param>
/// <param name="IsAntithetic">Whether the second half of the paths has the noise of the first half with the opposite sign.</param>
internal sealed record PathNoise(long[] Seeds, int Paths, bool IsAntithetic)
{
    /// <summary>The same noise for each row: pairs of opposite paths, whose mean is exact where the equation is linear.</summary>
    /// <param name="seed">Seed of all paths.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="paths">Number of paths, even.</param>
    public static PathNoise Common(long seed, int rows, int paths)
    {
        long[] half = BrownianPath.Seeds(seed, paths / 2);
        return new PathNoise([.. Enumerable.Repeat(half.Concat(half), rows).SelectMany(row => row)], paths, IsAntithetic: true);
    }

    /// <summary>Signs of the noise of all paths, [rows * paths, 1].</summary>
    public Tensor Signs(ScalarType type, Device device)
    {
        Tensor signs = ones([Seeds.Length / Paths, Paths, 1], type, device);
        if (IsAntithetic)
        {
            signs.narrow(1, Paths / 2, Paths / 2).neg_();
        }

        return signs.view(-1, 1);
    }
}
