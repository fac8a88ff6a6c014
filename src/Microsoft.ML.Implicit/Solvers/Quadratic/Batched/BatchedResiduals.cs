using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Residuals of a batch in normal units: Q z, Q z + p + Cᵀλ + Aᵀν, C z + s - d, A z - b, s ∘ λ and sᵀλ, and what the residuals
/// may cost, see <see cref="ResidualNorms.ResidualCostWeight"/>.
/// </summary>
internal sealed record BatchedResiduals(Tensor Qz, Tensor Stationarity, Tensor Inequality, Tensor Equality, Tensor Gaps, Tensor Gap, Tensor ResidualCost);
