using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>What the sweeps of a batch run on.</summary>
/// <param name="Products">S Sᵀ with a diagonal of zero, where S is what every clause makes of every variable: <c>[variables, variables]</c>, contiguous.</param>
/// <param name="IsFree">Bool <c>[rows, variables]</c>: what is solved for.</param>
/// <param name="Vectors">
/// <c>[rows, variables, rank]</c>, contiguous, changed in place: the unit vectors V, which begin at the given and the initial ones, or the vectors U of the adjoint, which begin at zero.
/// </param>
/// <param name="Adjoint">What the adjoint needs beside that; null for the forward solve.</param>
internal sealed record MixingSystem(Tensor Products, Tensor IsFree, Tensor Vectors, MixingAdjoint? Adjoint = null)
{
    public int Rows => (int)Vectors.shape[0];

    public int Variables => (int)Vectors.shape[1];

    public int Rank => (int)Vectors.shape[2];
}
