namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>When a fixed-point solve stops: a row has converged at ‖f(z) − z‖₂ ≤ absolute + relative · ‖f(z)‖₂.</summary>
public abstract record FixedPointSettings
{
    /// <summary>Tolerance relative to ‖f(z)‖₂ of the row; zero switches it off and saves its evaluation.</summary>
    public double RelativeTolerance { get; init; } = 1e-4;

    /// <summary>Tolerance in the units of the state.</summary>
    public double AbsoluteTolerance { get; init; } = 1e-6;

    /// <summary>Limit on iterations, each of which evaluates f once.</summary>
    public int MaximumIterations { get; init; } = 50;

    /// <summary>Checks that each setting is within its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range; the message names it.</exception>
    protected internal virtual void Validate()
    {
        Require(RelativeTolerance >= 0 && double.IsFinite(RelativeTolerance), nameof(RelativeTolerance), RelativeTolerance, "finite and at least 0");
        Require(AbsoluteTolerance >= 0 && double.IsFinite(AbsoluteTolerance), nameof(AbsoluteTolerance), AbsoluteTolerance, "finite and at least 0");
        Require(MaximumIterations >= 1, nameof(MaximumIterations), MaximumIterations, "at least 1");
    }

    /// <summary>Throws when a setting is out of range.</summary>
    protected static void Require(bool holds, string setting, object value, string range) => SettingRange.Require(holds, setting, value, range);
}
