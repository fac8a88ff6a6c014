using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Products of a batch of vectors with Q [batch, n], C [batch, L] and A [batch, k].</summary>
internal readonly record struct BatchedProducts(Tensor Q, Tensor C, Tensor A);
