using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Conic;

/// <summary>
/// A cone program as a layer (Agrawal, Amos, Barratt, Boyd, Diamond and Kolter, 2019): solutions, slacks and multipliers of a batch as differentiable functions of
/// P, q, A and b. A solve is one node of autograd's graph; its backward pass is one linear solve a row, and memory does not grow with iterations.
/// </summary>
/// <remarks>
/// Run the backward pass through <see cref="ImplicitBackward.Run"/> to see errors raised in it. There are first derivatives only. Where they do not exist, see
/// <see cref="ConeSolution.Backward"/> for what is returned.
/// </remarks>
/// <example><code>
/// var layer = new ConeProgram();
///
/// // The nearest point to c in the unit ball: minimise ½ ‖x‖² − cᵀx subject to (1, x) in the second-order cone.
/// var problem = new ConeProblem(eye(3, dtype: ScalarType.Float64), c.neg(), a, b, [Cone.SecondOrder(4)]);
/// ConeOutputs outputs = layer.forward(problem);
/// ImplicitBackward.Run(() =&gt; outputs.X.pow(2).sum().backward());
/// </code></example>
public sealed class ConeProgram : nn.Module<ConeProblem, ConeOutputs>
{
    private readonly ConeSolver _solver;
    private readonly bool _throwOnFailure;

    /// <summary>Creates the layer.</summary>
    /// <param name="options">Settings of the solver, or null for the defaults.</param>
    /// <param name="throwOnFailure">Whether a row without a solution is an error. If not, it has NaN outputs (or its best iterate), NaN gradients where the loss depends on it, and a status.</param>
    /// <exception cref="InvalidOperationException">No native backend was found.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A setting is not positive.</exception>
    public ConeProgram(ConeOptions? options = null, bool throwOnFailure = true)
        : base(nameof(ConeProgram))
    {
        NativeBackend.EnsureLoaded();
        _solver = new ConeSolver(options);
        _throwOnFailure = throwOnFailure;
    }

    /// <summary>Solves every row.</summary>
    /// <param name="problem">The problem; gradients flow to those of its tensors that require them.</param>
    /// <returns>Solutions, slacks and multipliers.</returns>
    /// <exception cref="Solvers.SolveFailedException">A row has no solution and the layer was asked to throw; the message names it and says why.</exception>
    public override ConeOutputs forward(ConeProblem problem) => forward(problem, null);

    /// <summary>Solves every row.</summary>
    /// <param name="problem">The problem; gradients flow to those of its tensors that require them.</param>
    /// <param name="warmStart">The solution of a neighbouring problem, from which each row sets out, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    /// <returns>Solutions, slacks and multipliers.</returns>
    /// <exception cref="Solvers.SolveFailedException">A row has no solution and the layer was asked to throw.</exception>
    /// <exception cref="OperationCanceledException">Cancellation was requested.</exception>
#pragma warning disable IDE1006 // TorchSharp's modules name it so.
    public ConeOutputs forward(ConeProblem problem, ConeStart? warmStart, CancellationToken cancellation = default)
#pragma warning restore IDE1006
    {
        ConeSolution solution = _solver.Solve(problem, warmStart, cancellation);
        if (_throwOnFailure)
        {
            solution.ThrowIfFailed();
        }

        IReadOnlyList<Tensor> outputs = ImplicitSolve.Attach(new ConeRule(problem, solution.Results, solution.Options), [.. problem.Tensors], [solution.X, solution.S, solution.Y], []);
        return new ConeOutputs(outputs[0], outputs[1], outputs[2], solution);
    }
}
