using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>The distribution of the latent path by what came after the history too.</summary>
/// <param name="name">Name of the module.</param>
internal abstract class LatentPosterior(string name) : nn.Module(name)
{
    /// <summary>Draws states at the targets, within autograd.</summary>
    /// <param name="prior">Drift and diffusion.</param>
    /// <param name="context">The targets' values.</param>
    /// <param name="initial">The latent initial state by the history: mean and logarithm of the variance, each [batch, latent].</param>
    /// <param name="query">The targets' times.</param>
    /// <param name="generator">Source of noise, on the CPU.</param>
    /// <param name="cancellationToken">Looked at in every step of a simulation.</param>
    /// <returns>States, [batch * targets, latent], and the Kullback-Leibler divergence of the path from the prior's up to the last target, or an unbiased estimate of it, [batch].</returns>
    public abstract (Tensor States, Tensor Divergence) Draw(
        LatentSdePrior prior, TargetContext context, (Tensor Mean, Tensor LogVariance) initial, LatentQuery query, Generator generator, CancellationToken cancellationToken);

    /// <summary>Standard normal numbers of the shape and device of a tensor.</summary>
    protected static Tensor NoiseLike(Tensor tensor, Generator generator) => empty(tensor.shape).normal_(0, 1, generator).to(tensor.device);

    /// <summary>KL(N(m, s²) ‖ N(μ, σ²)) of the initial states, [batch], from logarithms of the variances.</summary>
    protected static Tensor Divergence(Tensor mean, Tensor logVariance, (Tensor Mean, Tensor LogVariance) initial) =>
        (mean - initial.Mean).Squared().Plus(logVariance.exp()).div(initial.LogVariance.exp()).Plus(initial.LogVariance - logVariance).sum(1).Plus((-mean.shape[1]).Held()).mul(0.5.Held());
}
