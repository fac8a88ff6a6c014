using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>Settings of <see cref="AndersonSolver"/>.</summary>
public sealed record AndersonSettings : FixedPointSettings
{
    /// <summary>Iterates that are combined, 1 to 16; 1 is Picard iteration.</summary>
    public int Memory { get; init; } = 5;

    /// <summary>Fraction β of the combined residual that is added to the combined iterate, in (0, 1].</summary>
    public double Mixing { get; init; } = 1;

    /// <summary>
    /// Ridge added to the unit diagonal of the normalised Gram matrix, in [0, 1]; never taken below eight units of
    /// rounding of the state's type, which is what the Gram matrix itself is known to.
    /// </summary>
    public double Ridge { get; init; } = 1e-10;

    /// <summary>The ridge for states of a type.</summary>
    internal double RidgeOf(ScalarType type) => Math.Max(Ridge, 8 * MachineEpsilon.Of(type));

    /// <inheritdoc/>
    protected internal override void Validate()
    {
        base.Validate();
        Require(Memory is >= 1 and <= 16, nameof(Memory), Memory, "within 1 to 16");
        Require(Mixing is > 0 and <= 1, nameof(Mixing), Mixing, "within (0, 1]");
        Require(Ridge is >= 0 and <= 1, nameof(Ridge), Ridge, "within [0, 1]");
    }
}
