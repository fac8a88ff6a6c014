using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>Ralston's method of order 2 with the least bound on its error, 1962; the embedded solution is Euler's.</summary>
public sealed class Ralston : OneStepMethod
{
    internal Ralston()
        : base(nameof(Ralston), 2, 1)
    {
    }

    /// <inheritdoc/>
    public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(state);
        Tensor first = term.Evaluate(time, state);
        Tensor second = term.Evaluate(time + (2.0 / 3 * size), state.add(first, alpha: (2.0 / 3 * size).Held()));
        Tensor correction = (second - first) * (0.75 * size).Held();
        return new OneStepResult(state.add(first, alpha: size.Held()).Plus(correction), correction);
    }
}
