using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Optimization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Optimization;

/// <summary>
/// The unknowns for which the losses of residuals r(y, inputs) are least, as a function of the inputs (Pineda and others, 2022, "Theseus"), differentiable any number of times.
/// The gradient is that of the optimum itself: with the exact Hessian, not that of Gauss and Newton, and without damping.
/// </summary>
/// <inheritdoc cref="ArgMin" path="/remarks"/>
/// <example>
/// The decay of each row of y over the times t:
/// <code>
/// var layer = new NonlinearLeastSquares((p, inputs) =&gt; p[.., ..1] * (-p[.., 1..] * t).exp() - inputs[0], loss: RobustLoss.Huber(scale: 0.1));
/// MinimizationResult fit = layer.Solve(initial: ones(y.shape[0], 2, y.dtype), [y]);
/// ImplicitBackward.Run(() =&gt; fit.Solution.sum().backward());
/// </code>
/// </example>
public sealed class NonlinearLeastSquares
{
    private readonly IRowObjective _residuals;
    private readonly ILeastSquaresMethod _method;
    private readonly RobustLoss _loss;
    private readonly ILinearSolver? _adjointSolver;
    private readonly bool _throwOnFailure;

    /// <summary>Creates the layer.</summary>
    /// <param name="residuals">r, from unknowns <c>[rows, ...]</c> and inputs to <c>[rows, count]</c>.</param>
    /// <param name="method">Finds the minima; null for <see cref="LevenbergMarquardt"/>.</param>
    /// <param name="loss">Loss of a residual; null for squares.</param>
    /// <param name="adjointSolver">Solves the linear equations of the backward pass; null for <see cref="DirectOrKrylovSolver"/>.</param>
    /// <param name="throwOnFailure">Whether a row that did not converge is an exception; otherwise see the statuses.</param>
    public NonlinearLeastSquares(
        Func<Tensor, IReadOnlyList<Tensor>, Tensor> residuals, ILeastSquaresMethod? method = null, RobustLoss? loss = null, ILinearSolver? adjointSolver = null, bool throwOnFailure = true)
        : this(new RowObjective(residuals), method, loss, adjointSolver, throwOnFailure)
    {
    }

    /// <inheritdoc cref="NonlinearLeastSquares(Func{Tensor, IReadOnlyList{Tensor}, Tensor}, ILeastSquaresMethod?, RobustLoss?, ILinearSolver?, bool)"/>
    public NonlinearLeastSquares(IRowObjective residuals, ILeastSquaresMethod? method = null, RobustLoss? loss = null, ILinearSolver? adjointSolver = null, bool throwOnFailure = true)
    {
        ArgumentNullException.ThrowIfNull(residuals);
        (_residuals, _method, _loss, _adjointSolver, _throwOnFailure) = (residuals, method ?? new LevenbergMarquardt(), loss ?? RobustLoss.Squares, adjointSolver, throwOnFailure);
    }

    /// <inheritdoc cref="ArgMin.Solve"/>
    public MinimizationResult Solve(Tensor initial, IReadOnlyList<Tensor> inputs, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(initial);
        ArgumentNullException.ThrowIfNull(inputs);
        MinimizationResult result = _method.Minimize(_residuals, inputs, initial, _loss, bounds, cancellationToken);
        if (_throwOnFailure)
        {
            result.ThrowIfFailed();
        }

        return ImplicitMinimum.Attach(new LossObjective(_residuals, _loss), result, inputs, bounds, _adjointSolver, _throwOnFailure);
    }
}
