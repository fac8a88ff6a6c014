using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>sᵀλ relative to the objective, without what residuals cost, and the sizes of the objective's quadratic and linear terms, each [batch].</summary>
internal readonly record struct BatchedGap(Tensor Relative, Tensor Quadratic, Tensor Linear);
