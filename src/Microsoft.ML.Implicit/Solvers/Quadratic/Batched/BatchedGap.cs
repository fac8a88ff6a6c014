using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>sᵀλ relative to the objective, without what residuals cost, and the size of the objective's terms, both [batch].</summary>
internal readonly record struct BatchedGap(Tensor Relative, Tensor Terms);
