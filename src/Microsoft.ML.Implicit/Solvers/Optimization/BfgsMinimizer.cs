using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// The method of Broyden, Fletcher, Goldfarb and Shanno with a matrix a row: first derivatives alone, for up to some hundred unknowns.
/// </summary>
/// <example><code>
/// MinimizationResult minimum = new BfgsMinimizer().Minimize(objective, inputs, initial);
/// </code></example>
public sealed class BfgsMinimizer : IMinimizer
{
    private readonly MinimizerSettings _settings;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public BfgsMinimizer(MinimizerSettings? settings = null)
    {
        _settings = settings ?? new MinimizerSettings();
        _settings.Validate();
    }

    /// <inheritdoc/>
    public MinimizationResult Minimize(IRowObjective objective, IReadOnlyList<Tensor> inputs, Tensor initial, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        return QuasiNewtonSearch.Minimize(objective, inputs, initial, bounds, _settings, width => new DenseInverse(width), cancellationToken);
    }
}
