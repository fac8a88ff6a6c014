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

    public override SdeStepResult Advance(SdeStep interval, Tensor state)
    {
        Tensor drift = interval.Drift(interval.Time, state);
        Tensor result = interval.Moved(state, drift, interval.Diffusion(interval.Time, state));
        return new SdeStepResult(interval.Equation.IsAdditive
            ? result
            : result.addcmul(interval.DiffusionDerivative(interval.Time, state), SecondIntegral(interval), 0.5.Held()));
    }

    /// <summary>Twice the double integral of the noise: W² in Stratonovich's calculus, W² - h in Itô's.</summary>
    public static Tensor SecondIntegral(SdeStep interval)
    {
        Tensor square = interval.W.Squared();
        return interval.Equation.Calculus == StochasticCalculus.Ito ? square.sub(interval.Size.Held()) : square;
    }
}
