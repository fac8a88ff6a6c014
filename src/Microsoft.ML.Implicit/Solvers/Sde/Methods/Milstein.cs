using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Methods;

/// <summary>
/// Milstein's method, strong order 1, for Itô and Stratonovich equations whose noise is scalar, diagonal or additive (Kloeden and Platen, Numerical
/// Solution of Stochastic Differential Equations, 10.3).
/// </summary>
internal sealed class Milstein() : SdeMethod("Milstein")
{
    public override StochasticCalculus? Calculus => null;

    public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : null;

    public override SdeStepResult Advance(SdeStep step, Tensor state)
    {
        Tensor drifted = step.Drifted(state, step.Drift(step.Time, state));
        Tensor result = step.Diffused(drifted, step.Diffusion(step.Time, state), step.W);
        return new SdeStepResult(step.Equation.IsAdditive
            ? result
            : result.addcmul(step.DiffusionDerivative(step.Time, state), SecondIntegral(step), 0.5.Held()));
    }

    /// <summary>Twice the double integral of the noise: W² in Stratonovich's calculus, W² - h in Itô's.</summary>
    public static Tensor SecondIntegral(SdeStep step)
    {
        Tensor square = step.W.Squared();
        return step.Equation.Calculus == StochasticCalculus.Ito ? square.sub(step.Size.Held()) : square;
    }
}
