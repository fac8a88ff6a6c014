using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>What the direct solvers share: a row whose matrix cannot be factorised must not cost the others.</summary>
internal static class DenseMatrices
{
    /// <summary>Puts the identity in the place of matrices that are not finite, which LAPACK must not meet.</summary>
    /// <param name="matrices"><c>[rows, width, width]</c>.</param>
    /// <returns>The matrices, and which rows were usable, <c>[rows]</c>.</returns>
    public static (Tensor Matrices, Tensor Usable) Finite(Tensor matrices)
    {
        Tensor usable = matrices.isfinite().flatten(1).all(1);
        return (Keep(matrices, usable), usable);
    }

    /// <summary>Puts the identity in the place of matrices that are not usable.</summary>
    public static Tensor Keep(Tensor matrices, Tensor usable) =>
        where(usable.view(-1, 1, 1), matrices, eye(matrices.shape[1], dtype: matrices.dtype, device: matrices.device));

    /// <summary>Puts NaN in the place of rows that were not usable.</summary>
    public static Tensor Mark(Tensor solution, Tensor usable) =>
        where(usable.unsqueeze(1), solution, full_like(solution, double.NaN.Held()));
}
