namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// Proportional-integral step size control on the weighted root mean square of the estimated local error,
/// e = rms(errorᵢ / (atol + rtol · max(|zᵢ|, |z₁ᵢ|))): a step with e ≤ 1 is accepted, and the next one is longer by
/// safety · e⁻ᵅ · ePreviousᵝ, with α = (1 - 0.75 · <see cref="Stabilization"/> · k) / k and β = <see cref="Stabilization"/>,
/// where k is the order of the embedded solution plus one.
/// </summary>
/// <remarks>Gustafsson, 1991; Hairer and Wanner, Solving Ordinary Differential Equations II, IV.2, equation 2.43.</remarks>
public sealed record PiStepControl : OdeStepControl
{
    /// <summary>Relative tolerance rtol of the local error. The default is 1e-6.</summary>
    public double RelativeTolerance { get; init; } = 1e-6;

    /// <summary>Absolute tolerance atol of the local error, in the units of the state. The default is 1e-6.</summary>
    public double AbsoluteTolerance { get; init; } = 1e-6;

    /// <summary>Factor on every new step size, between 0 and 1. The default is 0.9.</summary>
    public double Safety { get; init; } = 0.9;

    /// <summary>Smallest change of the step size from one step to the next, at most <see cref="Safety"/>. The default is 0.2.</summary>
    public double MinimumFactor { get; init; } = 0.2;

    /// <summary>Largest change of the step size from one step to the next, at least one. The default is 10.</summary>
    public double MaximumFactor { get; init; } = 10;

    /// <summary>β, the weight of the previous step's error; from 0, which gives the plain integral controller, to 0.1. The default is 0.04.</summary>
    public double Stabilization { get; init; } = 0.04;

    /// <summary>First step, greater than zero; <see langword="null"/> estimates it (Hairer, Nørsett, Wanner I, II.4).</summary>
    public double? InitialStep { get; init; }

    /// <summary>Longest step, greater than zero. The default is no limit.</summary>
    public double MaximumStep { get; init; } = double.PositiveInfinity;

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(RelativeTolerance);
        ArgumentOutOfRangeException.ThrowIfNegative(AbsoluteTolerance);
        if (!(RelativeTolerance + AbsoluteTolerance > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(AbsoluteTolerance), "One of the tolerances must be greater than zero.");
        }

        Require(Safety is > 0 and < 1, nameof(Safety), "lie between 0 and 1");
        Require(MinimumFactor > 0 && MinimumFactor <= Safety, nameof(MinimumFactor), "be greater than 0 and at most the safety factor");
        Require(MaximumFactor >= 1, nameof(MaximumFactor), "be at least 1");
        Require(Stabilization is >= 0 and <= 0.1, nameof(Stabilization), "lie between 0 and 0.1");
        Require(MaximumStep > 0, nameof(MaximumStep), "be greater than 0");
        Require(InitialStep is null or (> 0 and < double.PositiveInfinity), nameof(InitialStep), "be greater than 0 and finite");
    }

    private static void Require(bool condition, string name, string rule)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(name, $"{name} must {rule}.");
        }
    }
}
