using Microsoft.ML.Implicit.LinearAlgebra;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// A right-hand side whose Jacobian is sparse, such as differences on a grid: implicit methods take its elements by a few products and factorise
/// a matrix of few diagonals.
/// </summary>
public interface ISparseOdeTerm : IDifferentiableOdeTerm
{
    /// <summary>Which elements of ∂f/∂z of a row may differ from zero.</summary>
    /// <param name="state">State z, <c>[batch, ...]</c>, for its shape; elements are counted in the order in which a row is stored.</param>
    /// <returns>The pattern, the same object for states of one shape; <see langword="null"/> where it is not sparse.</returns>
    SparsityPattern? Sparsity(Tensor state);
}
