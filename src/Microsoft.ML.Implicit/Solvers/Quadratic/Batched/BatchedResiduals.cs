using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Iterates z, ν and λ of a batch in normal units and what they leave: Q z, Q z + p, Q z + p + Cᵀλ + Aᵀν, C z + s - d, A z - b, s ∘ λ and sᵀλ.
/// </summary>
internal sealed record BatchedResiduals(
    Tensor Z,
    Tensor Nu,
    Tensor Lambda,
    Tensor Qz,
    Tensor ObjectiveGradient,
    Tensor Stationarity,
    Tensor Inequality,
    Tensor Equality,
    Tensor Gaps,
    Tensor Gap)
{
    /// <summary>What the residuals may cost, [batch], see <see cref="ResidualNorms.ResidualCostWeight"/>.</summary>
    public Tensor Cost()
    {
        Tensor cost = Magnitude(Stationarity * Z).PlusInPlace(Magnitude(Inequality * Lambda));
        return Equality.shape[1] > 0 ? cost.PlusInPlace(Magnitude(Equality * Nu)) : cost;
    }

    private static Tensor Magnitude(Tensor terms) => terms.norm(1, false, 1f);
}
