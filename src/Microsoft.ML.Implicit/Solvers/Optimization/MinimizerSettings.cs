using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Settings of minimisers.</summary>
public sealed record MinimizerSettings
{
    /// <summary>
    /// A row has converged where the next step is, in each unknown, at most this fraction of how far the unknown has been from zero; null for 1e-10 in float64 and 1e-4 in float32.
    /// </summary>
    public double? Tolerance { get; init; }

    /// <summary>Limit on steps tried; null for 200 with second derivatives, 2,000 without and 20,000 for projected gradients.</summary>
    public int? MaximumIterations { get; init; }

    internal void Validate()
    {
        SettingRange.Require(Tolerance is null or (> 0 and < 1), nameof(Tolerance), Tolerance, "between 0 and 1");
        SettingRange.Require(MaximumIterations is null or >= 1, nameof(MaximumIterations), MaximumIterations, "at least 1");
    }

    internal double ToleranceFor(ScalarType type) => Tolerance ?? (type == ScalarType.Float64 ? 1e-10 : 1e-4);
}
