using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Finds minima of sums of losses of residuals. Instances are immutable and thread-safe.</summary>
public interface ILeastSquaresMethod
{
    /// <summary>Finds minima, with no autograd graph.</summary>
    /// <param name="residuals">Residuals, <c>[rows, count]</c>.</param>
    /// <param name="inputs">All else that they depend on.</param>
    /// <param name="initial">Where to set out, float32 or float64 <c>[rows, ...]</c>. Left as it is.</param>
    /// <param name="loss">Loss of a residual; null for squares.</param>
    /// <param name="bounds">Bounds of the unknowns, or null.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>The best point of each row, in the caller's dispose scope, and how it ended; numerical trouble never throws.</returns>
    /// <exception cref="ArgumentException">Shapes or types do not fit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    MinimizationResult Minimize(
        IRowObjective residuals, IReadOnlyList<Tensor> inputs, Tensor initial, RobustLoss? loss = null, Bounds? bounds = null, CancellationToken cancellationToken = default);
}
