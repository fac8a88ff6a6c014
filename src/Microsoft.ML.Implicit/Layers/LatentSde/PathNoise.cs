using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>The noise of simulated paths: the same for the same seeds, whatever stands beside a row in its batch.</summary>
/// <param name="Seeds">Seeds of the paths of each row in turn or, where the noise is common, those of half of the paths of any row.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="IsCommon">Whether all rows have the same noise, and the second half of their paths that of the first half with the opposite sign.</param>
internal sealed record PathNoise(long[] Seeds, int Rows, bool IsCommon)
{
    /// <summary>
    /// Steps of a grid in each interval of time whose noise is drawn at once. Grids of proportionate fineness have the same paths where they have as many steps in an interval.
    /// </summary>
    public int StepsAtOnce { get; init; } = 1;

    /// <summary>Number of paths of a row.</summary>
    public int Paths => IsCommon ? 2 * Seeds.Length : Seeds.Length / Rows;

    /// <summary>Seeds of all paths, row by row.</summary>
    public long[] SeedsOfAll => IsCommon ? [.. Enumerable.Repeat(Seeds.Concat(Seeds), Rows).SelectMany(row => row)] : Seeds;

    /// <summary>The same noise for each row: pairs of opposite paths, whose mean is exact where the equation is linear.</summary>
    /// <param name="seed">Seed of all paths.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="paths">Number of paths, even.</param>
    public static PathNoise Common(long seed, int rows, int paths) => new(BrownianPath.Seeds(seed, paths / 2), rows, IsCommon: true);

    /// <summary>Seeds of the initial states: independent of the paths.</summary>
    public static long[] OfInitialStates(long[] seeds) => Array.ConvertAll(seeds, seed => BrownianPath.Seeds(seed, 1)[0]);

    /// <summary>The noise along a grid of equally spaced times.</summary>
    /// <param name="times">The times, from 0.</param>
    /// <param name="channels">Width of the state.</param>
    /// <param name="seeds">Seeds of the paths wanted.</param>
    public BrownianPath Along(double[] times, int channels, long[] seeds)
    {
        int intervals = (times.Length - 2 + StepsAtOnce) / StepsAtOnce;
        double end = intervals * StepsAtOnce == times.Length - 1 ? times[^1] : times[1] * intervals * StepsAtOnce;
        return new BrownianPath(seeds, channels, 0, end, intervals);
    }

    /// <summary>Signs of the noise of all paths, [rows * paths, 1].</summary>
    public Tensor Signs(ScalarType type, Device device)
    {
        Tensor signs = ones([Rows, Paths, 1], type, device);
        if (IsCommon)
        {
            signs.narrow(1, Paths / 2, Paths / 2).neg_();
        }

        return signs.view(-1, 1);
    }
}
