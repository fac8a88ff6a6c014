using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>
/// Broyden's good method on g(z) = f(z) − z for each row by itself, with the inverse Jacobian as −I plus rank-one
/// terms (Broyden 1965, "A class of methods for solving nonlinear simultaneous equations", Math. Comp. 19; by the
/// formula of Sherman and Morrison as in Kelley 1995, "Iterative Methods for Linear and Nonlinear Equations", ch. 7).
/// </summary>
/// <remarks>
/// When the memory is full the rank-one terms are dropped and the method restarts from −I at the current iterate. An
/// update whose denominator vanishes is skipped for its row.
/// </remarks>
/// <param name="settings">Tolerances and memory; null for the defaults.</param>
/// <example><code>
/// FixedPointResult byBroyden = new BroydenSolver().Solve(map, ones(4, 1));
/// </code></example>
public sealed class BroydenSolver(BroydenSettings? settings = null) : FixedPointSolver(settings ?? new BroydenSettings())
{
    /// <summary>The settings.</summary>
    public BroydenSettings Settings { get; } = settings ?? new BroydenSettings();

    private protected override IterationRule CreateRule(Tensor initial) => new BroydenRule(Settings);
}
