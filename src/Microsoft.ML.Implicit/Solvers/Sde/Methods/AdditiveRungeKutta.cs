using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>
/// Runge-Kutta methods of strong order 1.5 for additive noise with two evaluations of the drift, at y + b₁gH and at y + a h f + a g W + b₂ g H; the noise
/// itself is integrated with g linear in time. Their difference estimates the error.
/// </summary>
internal sealed class AdditiveRungeKutta : SdeMethod
{
    private readonly double _node;
    private readonly double _weight;
    private readonly double _firstArea;
    private readonly double _secondArea;

    private AdditiveRungeKutta(string name, double node, double weight, double firstArea, double secondArea)
        : base(name)
    {
        (_node, _weight, _firstArea, _secondArea) = (node, weight, firstArea, secondArea);
    }

    /// <summary>Rößler, Runge-Kutta methods for the strong approximation of solutions of stochastic differential equations, 2010, scheme SRA1.</summary>
    public static AdditiveRungeKutta Sra1 { get; } = new("SRA1", 3.0 / 4, 2.0 / 3, 0, 3.0 / 2);

    /// <summary>Foster, dos Reis, Strange, High order splitting methods for SDEs satisfying a commutativity condition, 2023, equation 6.1.</summary>
    public static AdditiveRungeKutta Shark { get; } = new("ShARK", 5.0 / 6, 3.0 / 5, 1, 1);

    public override StochasticCalculus? Calculus => null;

    public override bool EstimatesError => true;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsAdditive ? 1.5 : null;

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        Tensor atStart = interval.Diffusion(interval.Time, state);
        Tensor atEnd = interval.Diffusion(interval.End, state);
        Tensor shifted = _firstArea == 0 ? state : interval.Diffused(state, atStart, interval.H, _firstArea);
        Tensor first = interval.Drift(interval.Time, shifted);
        Tensor noise = interval.W.mul(_node.Held()).add(interval.H, alpha: _secondArea.Held());
        Tensor second = interval.Drift(interval.Time + (_node * interval.Size), interval.Diffused(interval.Drifted(state, first, _node), atStart, noise));
        Tensor change = second.sub(first);
        Tensor drifted = interval.Drifted(interval.Drifted(state, first), change, _weight);
        Tensor diffused = interval.Diffused(interval.Diffused(drifted, atStart.Plus(atEnd), interval.W, 0.5), atStart.sub(atEnd), interval.H);
        return new SdeStepResult(diffused, interval.WantsError ? change.mul((_weight * interval.Size).Held()) : null);
    }
}
