using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>Settings of <see cref="NewtonMethod"/>.</summary>
public sealed record NewtonSettings
{
    /// <summary>
    /// A row has converged at ‖g(z)‖₂ ≤ RelativeTolerance · ‖g(z₀)‖₂ where its last step was at most √RelativeTolerance · ‖z‖₂, which a start from afar does not loosen; null for
    /// 1e-5 in float32 and 1e-12 in float64.
    /// </summary>
    public double? RelativeTolerance { get; init; }

    /// <summary>A row has converged at ‖g(z)‖₂ ≤ AbsoluteTolerance, in the units of g.</summary>
    public double AbsoluteTolerance { get; init; }

    /// <summary>Limit on iterations.</summary>
    public int MaximumIterations { get; init; } = 50;

    /// <summary>
    /// Keeps the Jacobian while each iteration at least halves the residual (the chord method): more and cheaper iterations.
    /// </summary>
    public bool KeepsJacobian { get; init; }

    /// <summary>Solves for the steps; null for a factorisation where rows are short and GMRES where they are long.</summary>
    public ILinearSolver? LinearSolver { get; init; }

    internal double Tolerance(ScalarType type) => RelativeTolerance ?? (type == ScalarType.Float64 ? 1e-12 : 1e-5);

    internal void Validate()
    {
        SettingRange.Require(RelativeTolerance is null or (>= 0 and < 1), nameof(RelativeTolerance), RelativeTolerance, "from 0 up to 1");
        SettingRange.Require(AbsoluteTolerance >= 0 && double.IsFinite(AbsoluteTolerance), nameof(AbsoluteTolerance), AbsoluteTolerance, "finite and at least 0");
        SettingRange.Require(MaximumIterations >= 1, nameof(MaximumIterations), MaximumIterations, "at least 1");
    }
}
