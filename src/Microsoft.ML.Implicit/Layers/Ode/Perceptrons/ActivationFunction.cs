using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>Activations y = σ(a) and their derivatives, which follow from y, in few tensor operations.</summary>
internal static class ActivationFunction
{
    /// <summary>y = σ(a). The input may be overwritten.</summary>
    public static Tensor Activate(this DynamicsActivation activation, Tensor input) =>
        activation == DynamicsActivation.Tanh ? input.tanh_() : input.Softplus();

    /// <summary>d = σ'(a): 1 - y² for tanh, 1 - e⁻ʸ for softplus.</summary>
    /// <param name="activation">σ.</param>
    /// <param name="value">y.</param>
    /// <param name="one">The number one, without dimensions, of the value's type and device.</param>
    public static Tensor Derivative(this DynamicsActivation activation, Tensor value, Tensor one) =>
        activation == DynamicsActivation.Tanh ? one.addcmul(value, value, (-1).Held()) : value.neg().expm1_().neg();

    /// <summary>Replaces a cotangent ȳ by ȳσ'(a).</summary>
    public static Tensor MultiplyByDerivative(this DynamicsActivation activation, Tensor cotangent, Tensor value) =>
        activation == DynamicsActivation.Tanh
            ? cotangent.addcmul_(cotangent * value, value, (-1).Held())
            : cotangent.mul_(value.neg().expm1_().neg_());

    /// <summary>ȳσ'(a) + d̄σ''(a), the cotangent of a from those of y and of d = σ'(a), of which the latter may be absent.</summary>
    public static Tensor Pullback(this DynamicsActivation activation, Tensor value, Tensor derivative, Tensor valueCotangent, Tensor? derivativeCotangent)
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
