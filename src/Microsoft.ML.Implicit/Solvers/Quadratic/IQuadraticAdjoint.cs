using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Solves the transposed optimality system at the solutions of a batch.</summary>
internal interface IQuadraticAdjoint
{
    /// <summary>Solves for the gradients of a loss with respect to the outputs; null means zero.</summary>
    QuadraticAdjointResult Solve(Tensor? gradZ, Tensor? gradLambda, Tensor? gradNu, Tensor? gradLower, Tensor? gradUpper);
}
