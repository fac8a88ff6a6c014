using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of one latent SDE by the evidence lower bound, per observed value.</summary>
/// <remarks>
/// The divergence has its whole weight from the start. It says what noise the paths have: with less of it the posterior first follows every value with next to no noise of
/// observation, and the prior is long in finding back from there.
/// </remarks>
internal sealed class LatentSdeProblem(
    LatentSdeNetwork network,
    ForecastBatchBuilder builder,
    ExampleSampler sampler,
    double divergenceWeight,
    bool choosesSteps,
    Generator generator,
    int seed,
    CancellationToken cancellationToken)
    : ForecastProblem(network, builder, sampler, generator, seed, cancellationToken)
{
    // Enough to tell one epoch's network from another's.
    private const int MostStepsInValidation = 64;

    protected override ForecastBatchBuilder Scored(ForecastBatchBuilder training, IReadOnlyList<ForecastExample> examples) =>
        choosesSteps ? training.WithSteps(PathResolution.Choose(network, training, examples, MostStepsInValidation, CancellationToken)) : training;

    protected override Tensor Backward(ForecastBatch batch, Tensor state, Tensor weights, double progress)
    {
        (Tensor initialMean, Tensor initialLogVariance) = ForecastPrediction.Posterior(network, batch, state);
        using SeriesEncoding encoding = network.EncodeTargets(batch.Targets, batch.Mask, batch.Query);
        Tensor targets = encoding.State.detach().requires_grad_();
        (Tensor mean, Tensor scale, Tensor divergence) = network.Reconstruct(initialMean, initialLogVariance, targets, batch.Targets, batch.Mask, batch.Query, Generator, CancellationToken);
        (mean, scale) = ForecastPrediction.Shaped((mean, scale), batch);
        Meter.Add(batch.Query.Grid.Length - 1);

        Tensor residual = (batch.Targets - mean) / scale;
        Tensor likelihood = (0.5.Held() * residual.Squared()).Plus(scale.log()) * batch.Mask * weights.view(-1, 1, 1);
        Tensor loss = likelihood.sum().Plus(divergenceWeight.Held() * (divergence * weights).sum()) / batch.Mask.sum().clamp_min(1.Held());
        ImplicitBackward.Run(() => loss.backward());
        encoding.Backward(targets.grad!);
        return loss.detach();
    }
}
