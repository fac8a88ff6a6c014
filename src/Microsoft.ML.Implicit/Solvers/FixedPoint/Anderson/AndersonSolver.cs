using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>
/// Anderson acceleration, type II: the next iterate is Σ αᵢ (zᵢ + β gᵢ) over the last iterates, where gᵢ = f(zᵢ) − zᵢ
/// and α minimises ‖Σ αᵢ gᵢ‖₂ subject to Σ αᵢ = 1, for each row by itself (Anderson 1965; Walker and Ni 2011,
/// "Anderson acceleration for fixed-point iterations", SIAM J. Numer. Anal. 49, eq. 1.2).
/// </summary>
/// <remarks>
/// The Gram matrix of the residuals grows by one row an iteration and is solved on the host in double precision, many
/// rows of the batch at a time. Where it is singular the row takes a damped Picard step.
/// </remarks>
/// <param name="settings">Tolerances, memory, mixing and ridge; null for the defaults.</param>
/// <example><code>
/// var map = new FixedPointMap(z =&gt; z.cos());
/// FixedPointResult result = new AndersonSolver().Solve(map, ones(4, 1));
/// </code></example>
public sealed class AndersonSolver(AndersonSettings? settings = null) : FixedPointSolver(settings ?? new AndersonSettings())
{
    /// <summary>The settings.</summary>
    public AndersonSettings Settings { get; } = settings ?? new AndersonSettings();

    internal override AndersonSettings? AndersonForm => Settings;

    private protected override IterationRule CreateRule(Tensor initial) =>
        (IterationRule?)DeviceAndersonRule.TryCreate(Settings, initial) ?? new AndersonRule(Settings);
}
