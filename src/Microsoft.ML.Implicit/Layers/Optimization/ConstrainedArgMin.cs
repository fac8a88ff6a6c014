using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>
/// The minimum of an objective under nonlinear equalities and inequalities, and its multipliers, as functions of the inputs (Gould, Hartley and Campbell, 2021, "Deep declarative
/// networks"), differentiable any number of times by the implicit function theorem on the conditions of Karush, Kuhn and Tucker.
/// </summary>
/// <remarks>
/// Rows must not influence one another. Where an active inequality has multiplier zero, or active constraints have dependent gradients, there is no derivative, and the backward
/// pass fails. Run it through <see cref="ImplicitBackward.Run"/> to see errors raised in it.
/// </remarks>
/// <example>
/// The nearest point of the unit ball to each row of x:
/// <code>
/// var layer = new ConstrainedArgMin(
///     objective: (y, inputs) =&gt; (y - inputs[0]).pow(2).sum(1),
///     inequalities: (y, inputs) =&gt; y.pow(2).sum(1, keepdim: true) - 1);
/// ConstrainedResult nearest = layer.Solve(initial: zeros_like(x), [x]);
/// ImplicitBackward.Run(() =&gt; nearest.Solution.sum().backward());
/// </code>
/// </example>
public sealed class ConstrainedArgMin
{
    private readonly ConstrainedProblem _problem;
    private readonly SequentialQuadraticMinimizer _minimizer;
    private readonly ILinearSolver _adjointSolver;
    private readonly bool _throwOnFailure;

    /// <summary>Creates the layer.</summary>
    /// <param name="objective">f, from unknowns <c>[rows, unknowns]</c> and inputs to a value a row.</param>
    /// <param name="equalities">h, to <c>[rows, count]</c>, for h = 0; or null.</param>
    /// <param name="inequalities">g, to <c>[rows, count]</c>, for g ≤ 0; or null.</param>
    /// <param name="minimizer">Finds the minima; null for the default settings.</param>
    /// <param name="adjointSolver">Solves the linear equations of the backward pass; null for <see cref="LuSolver"/>.</param>
    /// <param name="throwOnFailure">Whether a row that did not converge is an exception; otherwise see the statuses.</param>
    public ConstrainedArgMin(
        Func<Tensor, IReadOnlyList<Tensor>, Tensor> objective,
        Func<Tensor, IReadOnlyList<Tensor>, Tensor>? equalities = null,
        Func<Tensor, IReadOnlyList<Tensor>, Tensor>? inequalities = null,
        SequentialQuadraticMinimizer? minimizer = null,
        ILinearSolver? adjointSolver = null,
        bool throwOnFailure = true)
    {
        _problem = new ConstrainedProblem(new RowObjective(objective), equalities is null ? null : new RowObjective(equalities), inequalities is null ? null : new RowObjective(inequalities));
        (_minimizer, _adjointSolver, _throwOnFailure) = (minimizer ?? new SequentialQuadraticMinimizer(), adjointSolver ?? new LuSolver(), throwOnFailure);
    }

    /// <summary>Finds the minima.</summary>
    /// <param name="initial">Where to set out, float64 <c>[rows, unknowns]</c>; it need not satisfy the constraints.</param>
    /// <param name="inputs">All else that objective and constraints depend on, parameters included.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>Minima and multipliers with a graph to the inputs, in the caller's dispose scope, and how each row ended.</returns>
    /// <exception cref="ArgumentException">Shapes or types do not fit.</exception>
    /// <exception cref="Solvers.SolveFailedException">A row did not converge and failures are thrown.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public ConstrainedResult Solve(Tensor initial, IReadOnlyList<Tensor> inputs, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(inputs);
        ConstrainedResult result = _minimizer.Minimize(_problem, inputs, initial, cancellationToken);
        if (_throwOnFailure)
        {
            result.Minimum.ThrowIfFailed();
        }

        using DisposeScope scope = NewDisposeScope();
        int unknowns = (int)result.Solution.shape[1], equalities = (int)result.EqualityMultipliers.shape[1], inequalities = (int)result.InequalityMultipliers.shape[1];
        Tensor root = cat([result.Solution, result.EqualityMultipliers, result.InequalityMultipliers], 1);
        var rule = new RootRule(new KktEquation(_problem, unknowns, equalities), _adjointSolver, _throwOnFailure);
        Tensor attached = ImplicitSolve.Attach(rule, inputs, [root], [root])[0];
        Tensor solution = attached.narrow(1, 0, unknowns).MoveToOuterDisposeScope();
        return new ConstrainedResult(
            result.Minimum with { Solution = solution },
            attached.narrow(1, unknowns, equalities).MoveToOuterDisposeScope(),
            attached.narrow(1, unknowns + equalities, inequalities).MoveToOuterDisposeScope());
    }
}
