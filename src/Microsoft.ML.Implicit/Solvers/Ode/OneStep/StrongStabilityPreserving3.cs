using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>
/// The strong-stability-preserving Runge-Kutta method of order 3 with three stages, SSP-RK3 (Shu and Osher, Efficient implementation of
/// essentially non-oscillatory shock-capturing schemes, 1988, equation 2.18): convex combinations of Euler steps.
/// </summary>
public sealed class StrongStabilityPreserving3 : OneStepMethod
{
    internal StrongStabilityPreserving3()
        : base(nameof(StrongStabilityPreserving3), 3)
    {
    }

    /// <inheritdoc/>
    public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(term);
        Tensor first = Euler(time, state);
        Tensor second = Mix(0.25, Euler(time + size, first));
        return new OneStepResult(Mix(2.0 / 3, Euler(time + (0.5 * size), second)));

        Tensor Euler(double at, Tensor from) => from.add(term.Evaluate(at, from), alpha: size.Held());
        Tensor Mix(double weight, Tensor other) => (state * (1 - weight).Held()).add(other, alpha: weight.Held());
    }
}
