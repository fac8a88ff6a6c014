using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>Heun's method of order 3 with an embedded solution of order 2.</summary>
public sealed class HeunThirdOrder : OneStepMethod
{
    public HeunThirdOrder()
        : base("Heun3", order: 3, embeddedOrder: 2)
    {
    }

    public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
    {
        Tensor k1 = term.Evaluate(time, state);
        Tensor k2 = term.Evaluate(time + (size / 3), state + (k1 * (size / 3)));
        Tensor k3 = term.Evaluate(time + (2 * size / 3), state + (k2 * (2 * size / 3)));
        Tensor error = (k1 - (k2 * 2) + k3) * (0.75 * size);
        return new OneStepResult(state + ((k1 + (k3 * 3)) * (size / 4)), error);
    }
}
