namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Settings of <see cref="PicardSolver"/>.</summary>
public sealed record PicardSettings : FixedPointSettings
{
    /// <summary>Fraction of the way from z to f(z) that a step goes, in (0, 1]; below 1 it damps.</summary>
    public double Damping { get; init; } = 1;

    /// <inheritdoc/>
    protected internal override void Validate()
    {
        base.Validate();
        Require(Damping is > 0 and <= 1, nameof(Damping), Damping, "within (0, 1]");
    }
}
