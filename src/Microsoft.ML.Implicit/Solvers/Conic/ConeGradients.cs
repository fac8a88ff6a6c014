using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Gradients of a loss with respect to the data of a cone program, each in the shape of its argument, so that those of sparse matrices are of their values.</summary>
/// <param name="P">∂loss/∂P, symmetric where P is given whole, or null without P.</param>
/// <param name="Q">∂loss/∂q.</param>
/// <param name="A">∂loss/∂A.</param>
/// <param name="B">∂loss/∂b.</param>
public sealed record ConeGradients(Tensor? P, Tensor Q, Tensor A, Tensor B)
{
    /// <summary>The gradients that are present, in the order of <see cref="ConeProblem.Tensors"/>.</summary>
    internal IReadOnlyList<Tensor> Tensors => P is null ? [Q, A, B] : [P, Q, A, B];
}
