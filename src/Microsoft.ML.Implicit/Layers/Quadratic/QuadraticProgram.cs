using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Quadratic;

/// <summary>
/// A quadratic program as a layer (Amos and Kolter, 2017, "OptNet"): the solutions and multipliers of a batch as differentiable functions of
/// Q, p, G, h, A, b and the bounds. A solve is one node of autograd's graph; its backward pass is one linear solve a row, and memory does not
/// grow with iterations. A loop of one's own can call <see cref="QuadraticSolution.Backward"/> instead.
/// </summary>
/// <remarks>
/// Run the backward pass through <see cref="ImplicitBackward.Run"/> to see errors raised in it. Second derivatives need strictly complementary
/// solutions: no active constraint whose multiplier is zero. Where the active set is degenerate the solution has no derivative: see <see cref="QuadraticSolution.Backward"/> for what is returned.
/// </remarks>
/// <example><code>
/// var layer = new QuadraticProgram();
///
/// // The nearest point of the simplex to −p: minimise ½ ‖z‖² + pᵀz subject to Σ z = 1 and z ≥ 0, for each row of p.
/// var problem = new QuadraticProblem(
///     q: eye(3, dtype: ScalarType.Float64), p, a: ones(1, 3, ScalarType.Float64), b: ones(1, ScalarType.Float64), lower: zeros(3, ScalarType.Float64));
/// QuadraticOutputs outputs = layer.forward(problem);
/// ImplicitBackward.Run(() =&gt; outputs.Z.pow(2).sum().backward());
/// </code></example>
public sealed class QuadraticProgram : nn.Module<QuadraticProblem, QuadraticOutputs>
{
    private readonly IQuadraticSolver _solver;
    private readonly bool _throwOnFailure;

    /// <summary>Creates the layer.</summary>
    /// <param name="solver">Solves the rows; null for an <see cref="InteriorPointSolver"/> with default settings.</param>
    /// <param name="throwOnFailure">Whether a row without a solution is an error. If not, it has NaN outputs (or its best iterate), NaN gradients where the loss depends on it, and a status.</param>
    /// <exception cref="InvalidOperationException">No native backend was found.</exception>
    public QuadraticProgram(IQuadraticSolver? solver = null, bool throwOnFailure = true)
        : base(nameof(QuadraticProgram))
    {
        NativeBackend.EnsureLoaded();
        _solver = solver ?? new InteriorPointSolver();
        _throwOnFailure = throwOnFailure;
    }

    /// <summary>Solves every row.</summary>
    /// <param name="problem">The problem; gradients flow to those of its tensors that require them.</param>
    /// <returns>Solutions and multipliers.</returns>
    /// <exception cref="Solvers.SolveFailedException">A row has no solution and the layer was asked to throw; the message names it and says why.</exception>
    public override QuadraticOutputs forward(QuadraticProblem problem) => forward(problem, null, default);

    /// <summary>Solves every row, from a previous solution on.</summary>
    /// <param name="problem">The problem; gradients flow to those of its tensors that require them.</param>
    /// <param name="warmStart">Where to set out from, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <returns>Solutions and multipliers.</returns>
    /// <exception cref="Solvers.SolveFailedException">A row has no solution and the layer was asked to throw.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was requested.</exception>
#pragma warning disable IDE1006 // TorchSharp's modules name it so.
    public QuadraticOutputs forward(QuadraticProblem problem, QuadraticStart? warmStart, CancellationToken cancellation = default)
#pragma warning restore IDE1006
    {
        QuadraticSolution solution = _solver.Solve(problem, warmStart, cancellation);
        if (_throwOnFailure)
        {
            solution.ThrowIfFailed();
        }

        IReadOnlyList<Tensor> outputs = ImplicitSolve.Attach(new QuadraticRule(solution), [.. problem.Tensors], [.. solution.Outputs], [.. solution.Outputs, .. solution.Adjoint.State]);
        return new QuadraticOutputs(
            outputs[0],
            outputs[1],
            outputs[2],
            problem.Lower is null ? null : outputs[3],
            problem.Upper is null ? null : outputs[^1],
            solution);
    }
}
