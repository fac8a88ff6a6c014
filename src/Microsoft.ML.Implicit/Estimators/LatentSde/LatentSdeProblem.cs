using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of one latent SDE by the evidence lower bound, per observed value.</summary>
internal sealed class LatentSdeProblem(
    LatentSdeNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, double divergenceWeight, Generator generator, int seed, CancellationToken cancellationToken)
    : ForecastProblem(network, builder, sampler, generator, seed, cancellationToken)
{
    protected override Tensor Backward(ForecastBatch batch, Tensor state, Tensor weights, double annealing)
    {
        (Tensor initialMean, Tensor initialLogVariance) = ForecastPrediction.Posterior(network, batch, state);
        (Tensor mean, Tensor scale, Tensor divergence) = network.Reconstruct(initialMean, initialLogVariance, batch.Targets, batch.Mask, batch.Query, Generator, CancellationToken);
        (mean, scale) = ForecastPrediction.Shaped((mean, scale), batch);
        Meter.Add(batch.Query.Grid.Length - 1);

        Tensor residual = (batch.Targets - mean) / scale;
        Tensor likelihood = (0.5.Held() * residual.Squared()).Plus(scale.log()) * batch.Mask * weights.view(-1, 1, 1);
        Tensor loss = likelihood.sum().Plus((divergenceWeight * annealing).Held() * (divergence * weights).sum()) / batch.Mask.sum().clamp_min(1.Held());
        ImplicitBackward.Run(() => loss.backward());
        return loss.detach();
    }
}
