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

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        double middle = interval.Time + (0.5 * interval.Size);
        Tensor drift = interval.Drift(interval.Time, state);

        // The classical Runge-Kutta method along the noise, from the middle of the drift.
        Tensor center = interval.Drifted(state, drift, 0.5);
        Tensor g1 = interval.Diffusion(middle, center);
        Tensor g2 = interval.Diffusion(middle, interval.Diffused(center, g1, interval.W, 0.5));
        Tensor g3 = interval.Diffusion(middle, interval.Diffused(center, g2, interval.W, 0.5));
        Tensor g4 = interval.Diffusion(middle, interval.Diffused(center, g3, interval.W));

        Tensor ahead = interval.Diffused(interval.Diffused(interval.Drifted(state, drift, 0.75), g3, interval.W, 0.75), g3, interval.H, 1.5);
        Tensor late = interval.Drift(interval.Time + (0.75 * interval.Size), ahead);
        Tensor g5 = interval.Diffusion(interval.End, interval.Diffused(interval.Drifted(state, drift), g2, interval.W, 0.5));

        Tensor drifted = interval.Drifted(interval.Drifted(state, drift, 1.0 / 3), late, 2.0 / 3);
        Tensor along = g1.Plus(g4).add(g2.Plus(g3), alpha: 2.Held());
        return new SdeStepResult(interval.Diffused(interval.Diffused(drifted, along, interval.W, 1.0 / 6), g3.sub(g5), interval.H, 2));
    }
}
