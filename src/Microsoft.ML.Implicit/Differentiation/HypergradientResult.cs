using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>What <see cref="Hypergradient"/> found.</summary>
/// <param name="Gradients">dV/dλ for each hyperparameter, in its shape, without a graph.</param>
/// <param name="Status">How the solve with the Hessian ended; where it did not converge, the gradients are as good as its last iterate.</param>
/// <param name="Iterations">Products with the Hessian in the solve; 0 for direct solvers.</param>
public sealed record HypergradientResult(IReadOnlyList<Tensor> Gradients, SolveStatus Status, int Iterations)
{
    internal HypergradientResult MoveToOuterScope()
    {
        foreach (Tensor gradient in Gradients)
        {
            gradient.MoveToOuterDisposeScope();
        }

        return this;
    }
}
