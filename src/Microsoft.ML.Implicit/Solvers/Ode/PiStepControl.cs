using Microsoft.ML.Implicit.Solvers.Ode.Stepping;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// Proportional-integral step size control on the weighted root mean square of the estimated local error,
/// e = rms(errorᵢ / (atol + rtol · max(|zᵢ|, |z₁ᵢ|))): a step with e ≤ 1 is accepted, and the next one is longer by
/// safety · e⁻ᵅ · ePreviousᵝ, with α = (1 - 0.75 · <see cref="Stabilization"/> · k) / k and β = <see cref="Stabilization"/>,
/// where k is the order of the embedded solution plus one.
/// </summary>
/// <remarks>Gustafsson, 1991; Hairer and Wanner, Solving Ordinary Differential Equations II, IV.2, equation 2.43.</remarks>
public sealed record PiStepControl : AdaptiveStepControl
{
    /// <summary>Factor on every new step size, between 0 and 1. The default is 0.9.</summary>
    public double Safety { get; init; } = 0.9;

    /// <summary>Smallest change of the step size from one step to the next, at most <see cref="Safety"/>. The default is 0.2.</summary>
    public double MinimumFactor { get; init; } = 0.2;

    /// <summary>Largest change of the step size from one step to the next, at least one. The default is 10.</summary>
    public double MaximumFactor { get; init; } = 10;

    /// <summary>β, the weight of the previous step's error; from 0, which gives the plain integral controller, to 0.1. The default is 0.04.</summary>
    public double Stabilization { get; init; } = 0.04;

    /// <inheritdoc/>
    protected internal override StepSizeController CreateController(int embeddedOrder) => new PiStepController(this, embeddedOrder);

    /// <inheritdoc/>
    protected internal override void Validate()
    {
        base.Validate();
        Require(Safety is > 0 and < 1, nameof(Safety), "lie between 0 and 1");
        Require(MinimumFactor > 0 && MinimumFactor <= Safety, nameof(MinimumFactor), "be greater than 0 and at most the safety factor");
        Require(MaximumFactor >= 1, nameof(MaximumFactor), "be at least 1");
        Require(Stabilization is >= 0 and <= 0.1, nameof(Stabilization), "lie between 0 and 0.1");
    }
}
