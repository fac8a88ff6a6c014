using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// By how many predicted scales simulated values lie from what an ensemble predicts. Its networks take turns in simulating, so that their disagreement is in the paths too.
/// </summary>
/// <param name="networks">The ensemble.</param>
/// <param name="builder">Builds batches.</param>
internal sealed class PathDeviations(LatentSdeNetwork[] networks, ForecastBatchBuilder builder)
{
    /// <summary>Simulates.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="paths">Number of paths.</param>
    /// <param name="seeds">Seed of the noise of each example.</param>
    /// <returns>[examples, targets, paths, variables] in a row.</returns>
    public float[] Of(ForecastExample[] examples, int paths, long[] seeds)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        ForecastBatch batch = builder.Build(examples);
        long[][] ofPaths = Array.ConvertAll(seeds, seed => BrownianPath.Seeds(seed, paths));
        var predictions = new List<(Tensor Mean, Tensor Scale)>();
        Tensor values = zeros([batch.Count * batch.TargetCount, paths, batch.Targets.shape[2]], batch.Targets.dtype, batch.Targets.device);
        for (int i = 0; i < networks.Length; i++)
        {
            Tensor encoded = ForecastPrediction.Encode(networks[i], batch);
            predictions.Add(ForecastPrediction.Of(networks[i], batch, encoded, CancellationToken.None));
            int[] own = [.. Enumerable.Range(0, paths).Where(path => path % networks.Length == i)];
            if (own.Length > 0)
            {
                var noise = new PathNoise([.. ofPaths.SelectMany(row => own.Select(path => row[path]))], examples.Length, IsCommon: false);
                Tensor drawn = Draw(networks[i], batch, encoded, noise);
                values.index_copy_(1, tensor(Array.ConvertAll(own, path => (long)path), device: values.device), drawn);
            }
        }

        Tensor mean = stack(predictions.Select(prediction => prediction.Mean)).mean([0]), scale = stack(predictions.Select(prediction => prediction.Scale)).mean([0]);
        return ((values - mean.flatten(0, 1).unsqueeze(1)) / scale.flatten(0, 1).unsqueeze(1)).cpu().ReadSingles();
    }

    // Values with the noise of observation, [batch * targets, paths, variables].
    private static Tensor Draw(LatentSdeNetwork network, ForecastBatch batch, Tensor encoded, PathNoise noise)
    {
        (Tensor initialMean, Tensor initialLogVariance) = ForecastPrediction.Posterior(network, batch, encoded);
        (Tensor mean, Tensor scale) = network.Simulate(initialMean, initialLogVariance, batch.Query, noise, CancellationToken.None);
        long[] seeds = Array.ConvertAll(noise.Seeds, seed => BrownianPath.Seeds(seed, 2)[1]);
        int channels = (int)(batch.TargetCount * mean.shape[2]);
        Tensor normal = new BrownianPath(seeds, channels, 0, 1).Increment(0, 1, mean.dtype, mean.device).W;
        return mean.Plus(scale * normal.view(batch.Count, noise.Paths, batch.TargetCount, mean.shape[2]).transpose(1, 2).flatten(0, 1));
    }
}
