using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>Accumulates gradients as autograd does.</summary>
internal static class ParameterGradient
{
    /// <summary>Adds to <c>grad</c> of a parameter that wants a gradient.</summary>
    public static void Add(Tensor parameter, Tensor gradient)
    {
        if (!parameter.requires_grad)
        {
            return;
        }

        if (parameter.grad is { } existing)
        {
            existing.PlusInPlace(gradient);
        }
        else
        {
            parameter.grad = gradient.DetachFromDisposeScope();
        }
    }
}
