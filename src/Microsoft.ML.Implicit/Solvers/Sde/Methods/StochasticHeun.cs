using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>Heun's method for Stratonovich equations: the trapezoidal rule for drift and noise. Strong order 1 for commutative noise, ½ for other.</summary>
internal sealed class StochasticHeun() : SdeMethod("Heun")
{
    public override StochasticCalculus? Calculus => StochasticCalculus.Stratonovich;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : 0.5;

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        Tensor drift = interval.Drift(interval.Time, state);
        Tensor diffusion = interval.Diffusion(interval.Time, state);
        Tensor predicted = interval.Moved(state, drift, diffusion);
        Tensor meanDrift = drift.Plus(interval.Drift(interval.End, predicted));
        Tensor meanDiffusion = diffusion.Plus(interval.Diffusion(interval.End, predicted));
        return new SdeStepResult(interval.Moved(state, meanDrift, meanDiffusion, 0.5));
    }
}
