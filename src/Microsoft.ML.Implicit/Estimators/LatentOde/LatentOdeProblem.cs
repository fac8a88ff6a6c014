using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The training of one latent ODE by the evidence lower bound.</summary>
/// <remarks>
/// The likelihood term of each value is weighted by the square root of its variance, as in Seitzer et al. ("On the
/// pitfalls of heteroscedastic uncertainty estimation", 2022): plain likelihood gives up on values that are hard to
/// forecast, to the detriment of the mean. The weights of each variable average to one, so that the divergence weighs the
/// same however small the noise. The gradients of the latent path and of the encoder come from one adjoint
/// solve and one pullback a batch, outside autograd.
/// </remarks>
internal sealed class LatentOdeProblem(
    LatentOdeNetwork network, ForecastBatchBuilder builder, ExampleSampler sampler, double divergenceWeight, Generator generator, int seed, CancellationToken cancellationToken)
    : ForecastProblem(network, builder, sampler, generator, seed, cancellationToken)
{
    private const double VarianceExponent = 0.5;
    private const double SmallestWeight = 1e-12;
    private const double AnnealedFraction = 1.0 / 3;

    protected override Tensor Backward(ForecastBatch batch, Tensor state, Tensor weights, double progress)
    {
        (Tensor mean, Tensor logVariance) = ForecastPrediction.Posterior(network, batch, state);
        Tensor initial = mean.Plus((logVariance / 2.Held()).exp() * empty(mean.shape).normal_(0, 1, Generator).to(mean.device));
        using OdeSolution solution = network.Solve(initial, batch.Query.Grid, batch.Query.Controls, differentiable: true, CancellationToken);
        Meter.Add(solution.Statistics.Evaluations);

        Tensor path = solution.States.detach().requires_grad_();
        (Tensor forecast, Tensor scale) = ForecastPrediction.Shaped(network.Decode(path, batch.Query), batch);
        Tensor likelihood = NegativeLogLikelihood(forecast, scale, batch, weights);
        likelihood.backward();
        using OdeGradients gradients = solution.Backward(path.grad!);
        gradients.AccumulateInto(network.DynamicsParameters);

        Tensor divergence = 0.5.Held() * (mean.Squared().Plus(logVariance.exp()) - 1.Held() - logVariance).sum(1).mul(weights).mean();
        double weight = divergenceWeight * Math.Min(1, progress / AnnealedFraction);
        (initial * gradients.InitialState).sum().Plus(weight.Held() * divergence).backward();
        return likelihood.Plus(weight.Held() * divergence);
    }

    private static Tensor NegativeLogLikelihood(Tensor mean, Tensor scale, ForecastBatch batch, Tensor weights)
    {
        Tensor residual = (batch.Targets - mean) / scale;
        Tensor weight = scale.detach().pow((2 * VarianceExponent).Held()) * batch.Mask;
        weight *= batch.Mask.sum([0, 1]) / weight.sum([0, 1]).clamp_min(SmallestWeight.Held());
        weight *= weights.view(-1, 1, 1);
        return (weight * (0.5.Held() * residual.Squared()).Plus(scale.log())).sum() / batch.Mask.sum().clamp_min(1.Held());
    }
}
