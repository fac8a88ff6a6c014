using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>Adds autograd's gradients of parameters to one flat vector.</summary>
internal static class FlatGradient
{
    /// <summary>Adds gradients.</summary>
    /// <param name="flat">Flat vector over all parameters.</param>
    /// <param name="parameters">All parameters.</param>
    /// <param name="gradients">Gradients of those parameters that require one, from <paramref name="first"/> on.</param>
    /// <param name="first">Index of the first parameter's gradient.</param>
    public static void Add(Tensor flat, IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor?> gradients, int first)
    {
        long offset = 0;
        foreach (Tensor parameter in parameters)
        {
            long count = parameter.numel();
            if (parameter.requires_grad && gradients[first++] is { } gradient)
            {
                flat.narrow(0, offset, count).PlusInPlace(gradient.reshape(-1));
            }

            offset += count;
        }
    }
}
