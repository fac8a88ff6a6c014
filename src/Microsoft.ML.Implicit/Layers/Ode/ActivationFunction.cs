using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>Activations and their derivatives, which follow from the activation's value y.</summary>
internal static class ActivationFunction
{
    /// <summary>y = σ(a). The input may be overwritten.</summary>
    public static Tensor Activate(this DynamicsActivation activation, Tensor input) =>
        activation == DynamicsActivation.Tanh ? input.tanh_() : input.Softplus();

    /// <summary>σ'(a): 1 - y² for tanh, 1 - e⁻ʸ for softplus.</summary>
    public static Tensor Derivative(this DynamicsActivation activation, Tensor activated) =>
        activation == DynamicsActivation.Tanh ? activated.Squared().neg_().PlusInPlace(1.Held()) : activated.neg().expm1_().neg_();

    /// <summary>σ''(a), given σ'(a): -2yy' for tanh, y'(1 - y') for softplus.</summary>
    public static Tensor SecondDerivative(this DynamicsActivation activation, Tensor activated, Tensor derivative) =>
        activation == DynamicsActivation.Tanh ? (activated * derivative).mul_((-2).Held()) : derivative - derivative.Squared();

    /// <summary>Multiplies a cotangent by σ'(a) in place.</summary>
    public static Tensor MultiplyByDerivative(this DynamicsActivation activation, Tensor cotangent, Tensor activated) =>
        activation == DynamicsActivation.Tanh
            ? cotangent.addcmul_(cotangent * activated, activated, (-1).Held())
            : cotangent.mul_(activated.neg().expm1_().neg_());
}
