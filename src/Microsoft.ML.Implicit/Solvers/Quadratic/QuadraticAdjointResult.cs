using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// Solution of the transposed optimality system, float64: dz for the stationarity conditions, U = λ ∘ dλ for the inequalities and bounds, dν for the equalities;
/// beside it the outputs they multiply, in float64 too.
/// </summary>
internal sealed record QuadraticAdjointResult(Tensor Dz, Tensor U, Tensor Dnu, Tensor? ULower, Tensor? UUpper, Tensor Z, Tensor Lambda, Tensor Nu)
{
    /// <summary>The same with zeros in rows without a solution that the loss does not depend on: zero times what is not finite is not zero, and would reach what rows share.</summary>
    /// <param name="isSolved">Which rows have a solution.</param>
    /// <param name="gradients">Gradients of the loss with respect to the outputs.</param>
    public QuadraticAdjointResult WithoutUnused(bool[] isSolved, QuadraticOutputGradients gradients)
    {
        if (Array.TrueForAll(isSolved, solved => solved))
        {
            return this;
        }

        Tensor isUnused = tensor(isSolved, device: Dz.device).logical_not();
        foreach (Tensor gradient in gradients.Present)
        {
            isUnused = isUnused.logical_and(gradient.eq(0.Held()).all(1));
        }

        isUnused = isUnused.unsqueeze(1);
        return new QuadraticAdjointResult(
            Keep(Dz), Keep(U), Keep(Dnu), ULower is null ? null : Keep(ULower), UUpper is null ? null : Keep(UUpper), Keep(Z), Keep(Lambda), Keep(Nu));

        Tensor Keep(Tensor rows) => rows.masked_fill(isUnused, 0.Held());
    }
}
