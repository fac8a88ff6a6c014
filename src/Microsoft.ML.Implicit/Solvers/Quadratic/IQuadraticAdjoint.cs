using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Solves the transposed optimality system at the solutions of a batch.</summary>
internal interface IQuadraticAdjoint
{
    /// <summary>Tensors that the solve needs beside the problem's; they live as long as the solution's outputs.</summary>
    IReadOnlyList<Tensor> State { get; }

    /// <summary>The same adjoint with no hold on the tensors, for callers that keep them themselves.</summary>
    IQuadraticAdjoint WithoutState();

    /// <summary>Solves for the gradients of a loss with respect to the outputs.</summary>
    QuadraticAdjointResult Solve(QuadraticProblem problem, IReadOnlyList<Tensor> state, QuadraticOutputGradients gradients);
}
