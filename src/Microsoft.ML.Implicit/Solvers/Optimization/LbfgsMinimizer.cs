using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// The method of Broyden, Fletcher, Goldfarb and Shanno with the memory of some steps: first derivatives alone, for many unknowns.
/// </summary>
/// <example><code>
/// MinimizationResult minimum = new LbfgsMinimizer().Minimize(objective, inputs, initial);
/// </code></example>
public sealed class LbfgsMinimizer : IMinimizer
{
    private readonly MinimizerSettings _settings;
    private readonly int _memory;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <param name="memory">Number of steps that are remembered.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public LbfgsMinimizer(MinimizerSettings? settings = null, int memory = 10)
    {
        SettingRange.Require(memory >= 1, nameof(memory), memory, "at least 1");
        _memory = memory;
        _settings = settings ?? new MinimizerSettings();
        _settings.Validate();
    }

    /// <inheritdoc/>
    public MinimizationResult Minimize(IRowObjective objective, IReadOnlyList<Tensor> inputs, Tensor initial, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        return QuasiNewtonSearch.Minimize(objective, inputs, initial, bounds, _settings, width => new LimitedMemoryInverse(width, _memory), cancellationToken);
    }
}
