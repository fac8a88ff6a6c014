using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>Heun's method for Stratonovich equations: the trapezoidal rule for drift and noise. Strong order 1 for commutative noise, ½ for other.</summary>
internal sealed class StochasticHeun() : SdeMethod("Heun")
{
    public override StochasticCalculus? Calculus => StochasticCalculus.Stratonovich;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : 0.5;

    public override SdeStepResult Advance(SdeStep step, Tensor state)
    {
        Tensor drift = step.Drift(step.Time, state);
        Tensor diffusion = step.Diffusion(step.Time, state);
        Tensor predicted = step.Diffused(step.Drifted(state, drift), diffusion, step.W);
        Tensor meanDrift = drift.Plus(step.Drift(step.End, predicted));
        Tensor meanDiffusion = diffusion.Plus(step.Diffusion(step.End, predicted));
        return new SdeStepResult(step.Diffused(step.Drifted(state, meanDrift, 0.5), meanDiffusion, step.W, 0.5));
    }
}
