using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// Gradients projected to the bounds, with lengths after Barzilai and Borwein: for many unknowns, most of which end at their bounds.
/// </summary>
/// <example><code>
/// MinimizationResult minimum = new ProjectedGradientMinimizer().Minimize(objective, inputs, initial);
/// </code></example>
public sealed class ProjectedGradientMinimizer : IMinimizer
{
    private readonly MinimizerSettings _settings;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public ProjectedGradientMinimizer(MinimizerSettings? settings = null)
    {
        _settings = settings ?? new MinimizerSettings();
        _settings.Validate();
    }

    /// <inheritdoc/>
    public MinimizationResult Minimize(IRowObjective objective, IReadOnlyList<Tensor> inputs, Tensor initial, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        return Minimization.Run(objective, inputs, initial, bounds, _settings, maximumTries: 20_000, hasHessian: false, start => new ProjectedGradientSearch(start), cancellationToken);
    }
}
