using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// Sequential quadratic programming with exact second derivatives, in float64: each step solves a quadratic model of the Lagrangian under linearised constraints, and is shortened
/// until it lowers the objective and what constraints are violated by (Nocedal and Wright 2006, chapter 18). Dense: for a few dozen unknowns and constraints.
/// </summary>
/// <example><code>
/// ConstrainedResult nearest = new SequentialQuadraticMinimizer().Minimize(problem, inputs, initial);
/// </code></example>
public sealed class SequentialQuadraticMinimizer
{
    private readonly MinimizerSettings _settings;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public SequentialQuadraticMinimizer(MinimizerSettings? settings = null)
    {
        _settings = settings ?? new MinimizerSettings();
        _settings.Validate();
    }

    /// <summary>Finds minima, with no autograd graph.</summary>
    /// <param name="problem">Objective and constraints.</param>
    /// <param name="inputs">All else that they depend on.</param>
    /// <param name="initial">Where to set out, float64 <c>[rows, unknowns]</c>; it need not satisfy the constraints.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>The best point of each row and its multipliers, in the caller's dispose scope; numerical trouble never throws.</returns>
    /// <exception cref="ArgumentException">Shapes or types do not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ConstrainedResult Minimize(ConstrainedProblem problem, IReadOnlyList<Tensor> inputs, Tensor initial, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(initial);
        Minimization.RequireStart(initial);
        if (initial.dim() != 2 || initial.dtype != ScalarType.Float64 || initial.shape[1] == 0)
        {
            throw new ArgumentException($"The start must be float64 [rows, unknowns] but is {initial.dtype} [{string.Join(", ", initial.shape)}].", nameof(initial));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        ConstrainedResult result = new SequentialQuadratic(problem, inputs, initial, _settings).Run(cancellationToken);
        result.Solution.MoveToOuterDisposeScope();
        result.EqualityMultipliers.MoveToOuterDisposeScope();
        result.InequalityMultipliers.MoveToOuterDisposeScope();
        return result;
    }
}
