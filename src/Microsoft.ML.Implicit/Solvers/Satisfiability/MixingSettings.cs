namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>Settings of the mixing method.</summary>
public sealed record MixingSettings
{
    /// <summary>Passes over all unknowns at most, forward and backward.</summary>
    public int MaximumSweeps { get; init; } = 40;

    /// <summary>
    /// A solve ends when a pass changes the unit vectors by no more than the square root of this, as a mean over the unknowns that weighs each by how firmly the others hold it.
    /// </summary>
    public double Tolerance { get; init; } = 1e-4;

    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    internal void Validate()
    {
        SettingRange.Require(MaximumSweeps > 0, nameof(MaximumSweeps), MaximumSweeps, "positive");
        SettingRange.Require(Tolerance >= 0 && double.IsFinite(Tolerance), nameof(Tolerance), Tolerance, "finite and not negative");
    }
}
