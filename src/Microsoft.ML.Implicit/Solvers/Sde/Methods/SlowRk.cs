using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>
/// SlowRK for Stratonovich equations, of strong order 1.5 for commutative noise and ½ for other: two evaluations of the drift and five of
/// the diffusion (Foster, dos Reis, Strange, High order splitting methods for SDEs satisfying a commutativity condition, 2023, equation 6.2).
/// </summary>
internal sealed class SlowRk() : SdeMethod("SlowRK")
{
    public override StochasticCalculus? Calculus => StochasticCalculus.Stratonovich;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1.5 : 0.5;

    public override SdeStepResult Advance(SdeStep step, Tensor state)
    {
        double middle = step.Time + (0.5 * step.Size);
        Tensor drift = step.Drift(step.Time, state);

        // The classical Runge-Kutta method along the noise, from the middle of the drift.
        Tensor center = step.Drifted(state, drift, 0.5);
        Tensor g1 = step.Diffusion(middle, center);
        Tensor g2 = step.Diffusion(middle, step.Diffused(center, g1, step.W, 0.5));
        Tensor g3 = step.Diffusion(middle, step.Diffused(center, g2, step.W, 0.5));
        Tensor g4 = step.Diffusion(middle, step.Diffused(center, g3, step.W));

        Tensor ahead = step.Diffused(step.Diffused(step.Drifted(state, drift, 0.75), g3, step.W, 0.75), g3, step.H, 1.5);
        Tensor late = step.Drift(step.Time + (0.75 * step.Size), ahead);
        Tensor g5 = step.Diffusion(step.End, step.Diffused(step.Drifted(state, drift), g2, step.W, 0.5));

        Tensor drifted = step.Drifted(step.Drifted(state, drift, 1.0 / 3), late, 2.0 / 3);
        Tensor along = g1.Plus(g4).add(g2.Plus(g3), alpha: 2.Held());
        return new SdeStepResult(step.Diffused(step.Diffused(drifted, along, step.W, 1.0 / 6), g3.sub(g5), step.H, 2));
    }
}
