using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>
/// Differentiates a root g(z, θ) = 0 by the implicit function theorem: a cotangent w of z reaches θ as (∂g/∂θ)ᵀ u, where
/// (∂g/∂z)ᵀ u = −w.
/// </summary>
/// <remarks>
/// The equation of u is itself a root problem, in u, with w, z and θ for inputs. Attached as a node of its own, it makes the gradient
/// differentiable, and so on for each further derivative.
/// </remarks>
internal sealed class RootRule(IDifferentiableFunction function, ILinearSolver solver) : IBackwardRule
{
    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        Linearization linearization = function.Linearize(saved[0].detach(), inputs);
        return linearization.PullbackInputs(SolveAdjoint(linearization, cotangents[0].detach()));
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        var gate = new GradientGate();
        Tensor root = saved[0].detach();
        Tensor z = ImplicitSolve.Attach(this, inputs, [root], [root], gate)[0];
        Tensor w = cotangents[0];
        Tensor adjoint = SolveAdjoint(function.Linearize(root, inputs), w.detach()).view(root.shape);
        Tensor u = ImplicitSolve.Attach(new RootRule(new AdjointEquation(function), solver), [w, z, .. inputs], [adjoint], [adjoint])[0];

        int[] wanted = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].requires_grad)];
        Tensor[] variables = FunctionInputs.Gated(inputs, gate);
        Tensor value = FunctionValues.Evaluate(function, z, variables);
        var gradients = new Tensor?[inputs.Count];
        IList<Tensor> found = gate.WhileClosed(() => autograd.grad([value], [.. wanted.Select(i => variables[i])], [u], retain_graph: true, create_graph: true, allow_unused: true));
        for (int k = 0; k < wanted.Length; k++)
        {
            gradients[wanted[k]] = found[k].IsInvalid ? null : found[k];
        }

        return gradients;
    }

    private Tensor SolveAdjoint(Linearization linearization, Tensor cotangent)
    {
        using IFactorization factorization = solver.Prepare(linearization);
        LinearSolution solution = factorization.SolveTransposed(cotangent.reshape(linearization.Rows, linearization.Width).neg());
        solution.ThrowIfFailed("adjoint equation");
        return solution.Solution;
    }
}
