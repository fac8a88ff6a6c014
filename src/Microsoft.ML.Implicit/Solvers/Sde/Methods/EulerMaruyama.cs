using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>The Euler-Maruyama method for Itô equations: strong order ½, or 1 for additive noise.</summary>
internal sealed class EulerMaruyama() : SdeMethod("Euler-Maruyama")
{
    public override StochasticCalculus? Calculus => StochasticCalculus.Ito;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsAdditive ? 1 : 0.5;

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        Tensor drift = interval.Drift(interval.Time, state);
        return new SdeStepResult(interval.Moved(state, drift, interval.Diffusion(interval.Time, state)));
    }
}
