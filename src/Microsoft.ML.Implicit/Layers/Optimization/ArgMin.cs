using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>
/// The minimum of an objective f(y, inputs) as a function of the inputs (Gould, Hartley and Campbell, 2021, "Deep declarative networks"), differentiable any number of times by
/// the implicit function theorem on ∂f/∂y = 0: nothing of the search is kept for the backward pass, and its damping has no part in it.
/// </summary>
/// <remarks>
/// Rows must not influence one another. Gradients flow to inputs and bounds that require them. An unknown at a bound with slope zero, and a minimum that is one of many, have no
/// derivative. Run the backward pass through <see cref="Differentiation.ImplicitBackward.Run"/> to see errors raised in it.
/// </remarks>
/// <example>
/// The mean of each row's points that outliers do not pull, and its derivative:
/// <code>
/// var layer = new ArgMin((y, inputs) =&gt; ((inputs[0] - y).square() + 1).sqrt().sum(1));
/// MinimizationResult center = layer.Solve(initial: points.mean([1], keepdim: true).detach(), [points]);
/// ImplicitBackward.Run(() =&gt; center.Solution.sum().backward());
/// </code>
/// </example>
public sealed class ArgMin
{
    private readonly IRowObjective _objective;
    private readonly IMinimizer _minimizer;
    private readonly ILinearSolver? _adjointSolver;
    private readonly bool _throwOnFailure;

    /// <summary>Creates the layer.</summary>
    /// <param name="objective">f, from unknowns <c>[rows, ...]</c> and inputs to a value a row.</param>
    /// <param name="minimizer">Finds the minima; null for <see cref="NewtonMinimizer"/>.</param>
    /// <param name="adjointSolver">Solves the linear equations of the backward pass; null for <see cref="DirectOrKrylovSolver"/>.</param>
    /// <param name="throwOnFailure">Whether a row that did not converge is an exception; otherwise see the statuses.</param>
    public ArgMin(Func<Tensor, IReadOnlyList<Tensor>, Tensor> objective, IMinimizer? minimizer = null, ILinearSolver? adjointSolver = null, bool throwOnFailure = true)
        : this(new RowObjective(objective), minimizer, adjointSolver, throwOnFailure)
    {
    }

    /// <inheritdoc cref="ArgMin(Func{Tensor, IReadOnlyList{Tensor}, Tensor}, IMinimizer?, ILinearSolver?, bool)"/>
    public ArgMin(IRowObjective objective, IMinimizer? minimizer = null, ILinearSolver? adjointSolver = null, bool throwOnFailure = true)
    {
        ArgumentNullException.ThrowIfNull(objective);
        (_objective, _minimizer, _adjointSolver, _throwOnFailure) = (objective, minimizer ?? new NewtonMinimizer(), adjointSolver, throwOnFailure);
    }

    /// <summary>Finds the minima.</summary>
    /// <param name="initial">Where to set out, float32 or float64 <c>[rows, ...]</c>.</param>
    /// <param name="inputs">All else that f depends on, parameters included.</param>
    /// <param name="bounds">Bounds of the unknowns, or null.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>Minima with a graph to the inputs, in the caller's dispose scope, and how each row ended.</returns>
    /// <exception cref="ArgumentException">f does not give a value a row, or the method has no bounds.</exception>
    /// <exception cref="Solvers.SolveFailedException">A row did not converge and failures are thrown.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public MinimizationResult Solve(Tensor initial, IReadOnlyList<Tensor> inputs, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(inputs);
        MinimizationResult result = _minimizer.Minimize(_objective, inputs, initial, bounds, cancellationToken);
        if (_throwOnFailure)
        {
            result.ThrowIfFailed();
        }

        return ImplicitMinimum.Attach(_objective, result, inputs, bounds, _adjointSolver, _throwOnFailure);
    }
}
