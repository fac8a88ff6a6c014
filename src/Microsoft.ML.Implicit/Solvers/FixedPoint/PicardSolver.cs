using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Picard iteration with damping: z ← z + damping · (f(z) − z). Converges linearly where f is a contraction.</summary>
/// <param name="settings">Tolerances and damping; null for the defaults.</param>
/// <example><code>
/// FixedPointResult byPicard = new PicardSolver(new PicardSettings { Damping = 0.5 }).Solve(map, ones(4, 1));
/// </code></example>
public sealed class PicardSolver(PicardSettings? settings = null) : FixedPointSolver(settings ?? new PicardSettings())
{
    /// <summary>The settings.</summary>
    public PicardSettings Settings { get; } = settings ?? new PicardSettings();

    // A single iterate has all the weight.
    internal override AndersonSettings? AndersonForm => new()
    {
        RelativeTolerance = Settings.RelativeTolerance,
        AbsoluteTolerance = Settings.AbsoluteTolerance,
        MaximumIterations = Settings.MaximumIterations,
        Memory = 1,
        Mixing = Settings.Damping,
    };

    private protected override IterationRule CreateRule(Tensor initial) => new PicardRule(Settings.Damping);
}
