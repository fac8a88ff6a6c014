using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// Gauss and Newton's method, row by row, with steps that are halved until they gain: fewer evaluations than LevenbergMarquardt near the optimum, and less sure from afar.
/// </summary>
/// <example><code>
/// var fit = new NonlinearLeastSquares(residuals, new GaussNewton());
/// </code></example>
public sealed class GaussNewton : ILeastSquaresMethod
{
    private readonly LeastSquaresSettings _settings;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public GaussNewton(LeastSquaresSettings? settings = null)
    {
        _settings = settings ?? new LeastSquaresSettings();
        _settings.Validate();
    }

    /// <inheritdoc/>
    public MinimizationResult Minimize(
        IRowObjective residuals, IReadOnlyList<Tensor> inputs, Tensor initial, RobustLoss? loss = null, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        return LeastSquaresMinimization.Run(residuals, inputs, initial, loss, bounds, _settings, isDamped: false, cancellationToken);
    }
}
