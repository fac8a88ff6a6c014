using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>
/// Roots z of g(z, inputs) = 0, differentiable in the inputs by the implicit function theorem any number of times: nothing of the
/// search is kept for the backward pass.
/// </summary>
/// <example>
/// The cube root of each element of x, and its derivative:
/// <code>
/// Tensor x = torch.tensor(new[] { 1.0, 8.0 }).unsqueeze(1).requires_grad_();
/// RootResult root = new RootFinder().Solve(new RootEquation((z, inputs) => z * z * z - inputs[0]), torch.ones_like(x), [x]);
/// ImplicitBackward.Run(() => root.Solution.sum().backward());
/// </code>
/// </example>
/// <param name="method">Finds the root; null for <see cref="NewtonMethod"/>.</param>
/// <param name="adjointSolver">Solves the linear equations of the backward pass; null for <see cref="DirectOrKrylovSolver"/>.</param>
/// <param name="throwOnFailure">
/// Whether a row that did not converge is an exception; otherwise see the statuses. The gradient of such a row means nothing, and is NaN where its Jacobian is singular or g not finite; rows that a
/// loss leaves out add nothing to any gradient, so long as g is finite at what is finite of their inputs.
/// </param>
public sealed class RootFinder(IRootMethod? method = null, ILinearSolver? adjointSolver = null, bool throwOnFailure = true)
{
    private readonly IRootMethod _method = method ?? new NewtonMethod();
    private readonly ILinearSolver _adjointSolver = adjointSolver ?? new DirectOrKrylovSolver();

    /// <summary>Finds roots.</summary>
    /// <param name="function">g; rows must not influence one another.</param>
    /// <param name="initial">Where to start, float32 or float64 <c>[rows, ...]</c>.</param>
    /// <param name="inputs">All else that g depends on; gradients flow to those that require them, parameters included.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>Roots with a graph to the inputs, in the caller's dispose scope, and how each row ended.</returns>
    /// <exception cref="ArgumentException">g changes the state's shape, type or device, or a method of one's own does, or it tells of another number of rows.</exception>
    /// <exception cref="SolveFailedException">A row did not converge and failures are thrown.</exception>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    public RootResult Solve(IDifferentiableFunction function, Tensor initial, IReadOnlyList<Tensor> inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(inputs);
        NativeBackend.EnsureLoaded();
        RootResult result = SolveChecked(function, initial, inputs, cancellationToken);
        if (throwOnFailure)
        {
            result.ThrowIfFailed();
        }

        var rule = new RootRule(function, _adjointSolver, throwOnFailure);
        using DisposeScope scope = NewDisposeScope();
        UndefinedRows? undefined = result.AllConverged || !is_grad_enabled() ? null : FindUndefined(function, result.Solution, inputs);
        Tensor root = undefined?.Replace(result.Solution) ?? result.Solution;
        Tensor attached = ImplicitSolve.Attach(rule, undefined?.ReplaceNotFinite(inputs, root.shape[0]) ?? inputs, [root], [root])[0];
        return result with { Solution = (undefined?.Restore(attached, result.Solution) ?? attached).MoveToOuterDisposeScope() };
    }

    private static UndefinedRows? FindUndefined(IDifferentiableFunction function, Tensor root, IReadOnlyList<Tensor> inputs)
    {
        using IDisposable noGraph = no_grad();
        return UndefinedRows.Find(root, function.EvaluateChecked(root, inputs));
    }

    private RootResult SolveChecked(IDifferentiableFunction function, Tensor initial, IReadOnlyList<Tensor> inputs, CancellationToken cancellationToken)
    {
        string method = _method.GetType().Name;
        RootResult result = _method.Solve(function, inputs, initial, cancellationToken) ?? throw new ArgumentException($"{method} returned null.");
        TensorContract.Require(result.Solution, initial, method, " as its solution");
        RowContract.Require(result.Statuses, initial.shape[0], method, "statuses");
        RowContract.Require(result.Residuals, initial.shape[0], method, "residuals");
        return result;
    }
}
