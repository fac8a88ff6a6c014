using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
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
/// <param name="function">g.</param>
/// <param name="solver">Solves for u.</param>
/// <param name="throwOnFailure">Whether a row whose u was not found is an exception.</param>
internal sealed class RootRule(IDifferentiableFunction function, ILinearSolver solver, bool throwOnFailure = true) : IBackwardRule
{
    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        Linearization linearization = function.Linearize(saved[0].detach(), inputs);
        return linearization.PullbackInputs(SolveAdjoint(linearization, cotangents[0].detach().neg()).Solution);
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        var gate = new GradientGate();
        Tensor root = saved[0].detach();
        Tensor z = ImplicitSolve.Attach(this, inputs, [root], [root], gate)[0];
        Tensor w = cotangents[0];
        Tensor adjoint = SolveAdjoint(function.Linearize(root, inputs), w.detach().neg()).Solution.view(root.shape);
        Tensor u = ImplicitSolve.Attach(new RootRule(new AdjointEquation(function), solver, throwOnFailure), [w, z, .. inputs], [adjoint], [adjoint])[0];

        int[] wanted = [.. Enumerable.Range(0, inputs.Count).Where(i => inputs[i].requires_grad)];
        Tensor[] variables = FunctionInputs.Gated(inputs, gate);
        Tensor value = function.EvaluateChecked(z, variables);
        var gradients = new Tensor?[inputs.Count];
        Tensor?[] found = gate.WhileClosed(() => GuardedAutograd.DifferentiablePullback(value, [.. wanted.Select(i => variables[i])], u));
        for (int k = 0; k < wanted.Length; k++)
        {
            gradients[wanted[k]] = found[k];
        }

        return gradients;
    }

    /// <summary>Solves (∂g/∂z)ᵀ u = w.</summary>
    /// <param name="linearization">g at its root.</param>
    /// <param name="rightSide">w, in the shape of z or as rows.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <exception cref="SolveFailedException">A row failed, and that is an exception.</exception>
    public LinearSolution SolveAdjoint(Linearization linearization, Tensor rightSide, CancellationToken cancellationToken = default)
    {
        using IFactorization factorization = solver.Prepare(linearization);
        Tensor w = rightSide.reshape(linearization.Rows, linearization.Width);
        LinearSolution solution = factorization.SolveTransposed(w, cancellationToken);
        TensorContract.Require(solution.Solution, w, solver.GetType().Name, " as its solution");
        RowContract.Require(solution.Statuses, linearization.Rows, solver.GetType().Name, "statuses");
        if (!solution.AllConverged)
        {
            solution = solution.WhereAsked(w);
        }

        if (throwOnFailure)
        {
            solution.ThrowIfFailed($"adjoint equation of {function}");
        }

        return solution;
    }
}
