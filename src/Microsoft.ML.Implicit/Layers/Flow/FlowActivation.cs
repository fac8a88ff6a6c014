using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>Activations with their first and second derivatives in few tensor operations.</summary>
/// <param name="activation">The activation.</param>
/// <param name="one">The number one, without dimensions, of the state's type and device.</param>
internal sealed class FlowActivation(DynamicsActivation activation, Tensor one)
{
    /// <summary>y = σ(a); the input may be overwritten.</summary>
    public Tensor Value(Tensor input) => activation.Activate(input);

    /// <summary>σ'(a): 1 - y² for tanh, 1 - e⁻ʸ for softplus.</summary>
    public Tensor Derivative(Tensor value) => activation == DynamicsActivation.Tanh ? one.addcmul(value, value, (-1).Held()) : value.neg().expm1_().neg();

    /// <summary>ȳσ'(a) + d̄σ''(a), the cotangent of a from those of y and of d = σ'(a).</summary>
    public Tensor Pullback(Tensor value, Tensor derivative, Tensor valueCotangent, Tensor? derivativeCotangent)
    {
        if (derivativeCotangent is null)
        {
            return valueCotangent * derivative;
        }

        // σ'' is -2yd for tanh and d(1 - d) for softplus.
        Tensor sum = activation == DynamicsActivation.Tanh
            ? valueCotangent.addcmul(value, derivativeCotangent, (-2).Held())
            : valueCotangent.Plus(derivativeCotangent).addcmul_(derivative, derivativeCotangent, (-1).Held());
        return sum.mul_(derivative);
    }
}
