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

    public override SdeStepResult Advance(SdeStep step, Tensor state)
    {
        Tensor diffusion = step.Diffusion(step.Time, state);
        Tensor drifted = step.Drifted(state, step.Drift(step.Time, state));
        Tensor result = step.Diffused(drifted, diffusion, step.W);
        if (step.Equation.IsAdditive)
        {
            return new SdeStepResult(result);
        }

        // A difference over √h is one-sided: its second derivative has the factor W² - h, of mean zero, but in Stratonovich's calculus would have W².
        if (step.Equation.Calculus == StochasticCalculus.Stratonovich)
        {
            Tensor along = step.Diffusion(step.Time, step.Diffused(drifted, diffusion, step.W)).sub(diffusion);
            return new SdeStepResult(step.Diffused(result, along, step.W, 0.5));
        }

        double root = Math.Sqrt(step.Size);
        Tensor change = step.Diffusion(step.Time, drifted.add(diffusion, alpha: root.Held())).sub(diffusion);
        return new SdeStepResult(result.addcmul(change, Milstein.SecondIntegral(step), (0.5 / root).Held()));
    }
}
