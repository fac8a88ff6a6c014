using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>When an iterative linear solve stops: a row has converged at ‖b − A x‖₂ ≤ tolerance · ‖b‖₂.</summary>
public sealed record KrylovSettings
{
    /// <summary>Tolerance relative to ‖b‖₂ of the row; null for 1e-5 in float32 and 1e-10 in float64.</summary>
    public double? RelativeTolerance { get; init; }

    /// <summary>Limit on products with the operator.</summary>
    public int MaximumIterations { get; init; } = 200;

    /// <summary>Directions that <see cref="GmresSolver"/> keeps before it restarts.</summary>
    public int Restart { get; init; } = 30;

    internal double Tolerance(TorchSharp.torch.ScalarType type) => RelativeTolerance ?? (type == TorchSharp.torch.ScalarType.Float64 ? 1e-10 : 1e-5);

    internal void Validate()
    {
        SettingRange.Require(RelativeTolerance is null or (> 0 and < 1), nameof(RelativeTolerance), RelativeTolerance, "above 0 and below 1");
        SettingRange.Require(MaximumIterations >= 1, nameof(MaximumIterations), MaximumIterations, "at least 1");
        SettingRange.Require(Restart >= 1, nameof(Restart), Restart, "at least 1");
    }
}
