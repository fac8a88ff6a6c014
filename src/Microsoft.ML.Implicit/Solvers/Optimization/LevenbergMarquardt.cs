using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// Levenberg's and Marquardt's method, row by row, with the scaling of Moré (1978) and the damping of Nielsen (1999): the units of unknowns and residuals do not matter.
/// </summary>
/// <example><code>
/// var fit = new NonlinearLeastSquares(residuals, new LevenbergMarquardt());
/// </code></example>
public sealed class LevenbergMarquardt : ILeastSquaresMethod
{
    private readonly LeastSquaresSettings _settings;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public LevenbergMarquardt(LeastSquaresSettings? settings = null)
    {
        _settings = settings ?? new LeastSquaresSettings();
        _settings.Validate();
    }

    /// <inheritdoc/>
    public MinimizationResult Minimize(
        IRowObjective residuals, IReadOnlyList<Tensor> inputs, Tensor initial, RobustLoss? loss = null, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        return LeastSquaresMinimization.Run(residuals, inputs, initial, loss, bounds, _settings, isDamped: true, cancellationToken);
    }
}
