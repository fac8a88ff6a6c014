using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Sde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>
/// dz = (f + g u) dt + g dW and beside it dk = ½ ‖u‖² dt, whose expectation is the divergence of the posterior's paths from the prior's (Girsanov's theorem). After a
/// row's last value there is no control.
/// </summary>
/// <param name="prior">f and g.</param>
/// <param name="leaves">Parameters of f, g and the control.</param>
/// <param name="posterior">u.</param>
/// <param name="contexts">What u is told at each time, and 1 up to the row's last value, [times, rows, context + 1].</param>
/// <param name="step">Time between contexts.</param>
internal sealed class ControlledEquation(LatentSdeEquation prior, IReadOnlyList<Tensor> leaves, ControlledPosterior posterior, Tensor contexts, double step)
    : StochasticEquation(StochasticCalculus.Ito, NoiseKind.Diagonal)
{
    public override IReadOnlyList<Tensor> Parameters => [.. leaves, contexts];

    public override Tensor Drift(double time, Tensor state)
    {
        Tensor latent = Latent(state);
        Tensor context = contexts[Math.Clamp((long)Math.Round(time / step), 0, contexts.shape[0] - 1)];
        long width = context.shape[1] - 1;
        Tensor control = posterior.Control(latent, context.narrow(1, 0, width)) * context.narrow(1, width, 1);
        Tensor drift = prior.Drift(time, latent).Plus(prior.Diffusion(time, latent) * control);
        return cat([drift, control.Squared().sum(1, keepdim: true).mul(0.5.Held())], 1);
    }

    public override Tensor Diffusion(double time, Tensor state) => nn.functional.pad(prior.Diffusion(time, Latent(state)), [0, 1]);

    public override Tensor DiffusionDerivative(double time, Tensor state) => nn.functional.pad(prior.DiffusionDerivative(time, Latent(state)), [0, 1]);

    public override StochasticEquation WithParameters(IReadOnlyList<Tensor> parameters) => new ControlledEquation(prior, leaves, posterior, parameters[^1], step);

    private static Tensor Latent(Tensor state) => state.narrow(1, 0, state.shape[1] - 1);
}
