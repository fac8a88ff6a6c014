using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>
/// Platen's explicit scheme of strong order 1: Milstein's method with a difference of diffusions in the place of the derivative (Kloeden and
/// Platen, Numerical Solution of Stochastic Differential Equations, 11.1.3).
/// </summary>
internal sealed class DerivativeFreeMilstein() : SdeMethod("Milstein without derivatives")
{
    public override StochasticCalculus? Calculus => null;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : null;

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        Tensor diffusion = interval.Diffusion(interval.Time, state);
        Tensor drift = interval.Drift(interval.Time, state);
        Tensor result = interval.Moved(state, drift, diffusion);
        if (interval.Equation.IsAdditive)
        {
            return new SdeStepResult(result);
        }

        // A difference over √h is one-sided: its second derivative has the factor W² - h, of mean zero, but in Stratonovich's calculus would have W².
        if (interval.Equation.Calculus == StochasticCalculus.Stratonovich)
        {
            Tensor along = interval.Diffusion(interval.Time, result).sub(diffusion);
            return new SdeStepResult(interval.Diffused(result, along, interval.W, 0.5));
        }

        double root = Math.Sqrt(interval.Size);
        Tensor drifted = interval.Drifted(state, drift);
        Tensor change = interval.Diffusion(interval.Time, drifted.add(diffusion, alpha: root.Held())).sub(diffusion);
        return new SdeStepResult(result.addcmul(change, Milstein.SecondIntegral(interval), (0.5 / root).Held()));
    }
}
