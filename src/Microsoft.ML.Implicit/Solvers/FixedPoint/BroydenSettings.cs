namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Settings of <see cref="BroydenSolver"/>.</summary>
public sealed record BroydenSettings : FixedPointSettings
{
    /// <summary>Rank-one updates of the inverse Jacobian that are kept before it starts afresh, at least 1.</summary>
    public int Memory { get; init; } = 20;

    /// <inheritdoc/>
    protected internal override void Validate()
    {
        base.Validate();
        Require(Memory >= 1, nameof(Memory), Memory, "at least 1");
    }
}
