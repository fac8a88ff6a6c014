using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>Finds roots as fixed points z = z − g(z): by Anderson's or Broyden's method, which need no derivatives.</summary>
/// <param name="solver">Fixed-point solver, such as <see cref="BroydenSolver"/> or <see cref="AndersonSolver"/>.</param>
/// <example><code>
/// var byBroyden = new RootFinder(new FixedPointMethod(new BroydenSolver()), adjointSolver: new GmresSolver());
/// </code></example>
public sealed class FixedPointMethod(IFixedPointSolver solver) : IRootMethod
{
    private readonly IFixedPointSolver _solver = solver ?? throw new ArgumentNullException(nameof(solver));

    /// <inheritdoc/>
    public RootResult Solve(IDifferentiableFunction equation, IReadOnlyList<Tensor> inputs, Tensor initial, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(equation);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(initial);
        FixedPointResult result = _solver.SolveChecked(new FixedPointMap(z => z - equation.EvaluateChecked(z, inputs)), initial, cancellationToken);
        return new RootResult(result.Solution, result.Statuses, result.Residuals, result.Iterations);
    }
}
