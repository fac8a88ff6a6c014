using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Refuses the derivatives by times of gradients of a solve. They need the slope of the dynamics in time, which a term does not tell, and without it would be wrong without a word.
/// </summary>
internal sealed class FixedTimesRule : IBackwardRule
{
    private static readonly FixedTimesRule Instance = new();

    /// <summary>Gradients that differ from those given in that they depend on the times.</summary>
    public static IReadOnlyList<Tensor?> Mark(IReadOnlyList<Tensor?> gradients, Tensor times)
    {
        // A node of its own, which autograd passes by where derivatives by other inputs alone are wanted.
        Tensor zero = ImplicitSolve.Attach(Instance, [times], [zeros([], times.dtype, times.device)], [])[0];
        return [.. gradients.Select(gradient => gradient?.Plus(zero.to(gradient.dtype, gradient.device)))];
    }

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) => throw new NotSupportedException(
        "Gradients of a differential equation's solution have no derivatives by its times. Ask autograd.grad for those by the other inputs alone, or give times that require no gradient.");

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) => Backward(inputs, saved, cotangents);
}
