using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// Step sizes by the weighted root mean square of the estimated local error, e = rms(errorᵢ / (atol + rtol · max(|zᵢ|, |z₁ᵢ|))): a step with
/// e ≤ 1 is accepted. How sizes follow from e is the controller's: <see cref="PiStepControl"/>, or one of your own.
/// </summary>
/// <example>
/// A controller that halves and doubles:
/// <code>
/// sealed record HalvingControl : AdaptiveStepControl
/// {
///     protected override StepSizeController CreateController(int embeddedOrder) => new Halving(Math.Pow(0.5, embeddedOrder + 1));
///
///     private sealed class Halving(double smallError) : StepSizeController
///     {
///         public override double Accept(double weightedError) => weightedError &lt; smallError ? 2 : 1;
///
///         public override double Reject(double weightedError) => 0.5;
///     }
/// }
///
/// var options = new OdeOptions { StepControl = new HalvingControl { RelativeTolerance = 1e-4 } };
/// </code>
/// </example>
public abstract record AdaptiveStepControl : OdeStepControl
{
    /// <summary>Relative tolerance rtol of the local error. The default is 1e-6.</summary>
    public double RelativeTolerance { get; init; } = 1e-6;

    /// <summary>Absolute tolerance atol of the local error, in the units of the state. The default is 1e-6.</summary>
    public double AbsoluteTolerance { get; init; } = 1e-6;

    /// <summary>First step, greater than zero; <see langword="null"/> estimates it (Hairer, Nørsett, Wanner I, II.4).</summary>
    public double? InitialStep { get; init; }

    /// <summary>Longest step, greater than zero. The default is no limit.</summary>
    public double MaximumStep { get; init; } = double.PositiveInfinity;

    /// <summary>Creates the controller of one solve, or of one row or one part between jumps of it.</summary>
    /// <param name="embeddedOrder">Order of the embedded solution of the method: the local error falls with the step size to this power plus one.</param>
    /// <returns>A controller that remembers what it needs of the steps before.</returns>
    protected internal abstract StepSizeController CreateController(int embeddedOrder);

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    protected internal virtual void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(RelativeTolerance);
        ArgumentOutOfRangeException.ThrowIfNegative(AbsoluteTolerance);
        if (!(RelativeTolerance + AbsoluteTolerance > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(AbsoluteTolerance), "One of the tolerances must be greater than zero.");
        }

        Require(MaximumStep > 0, nameof(MaximumStep), "be greater than 0");
        Require(InitialStep is null or (> 0 and < double.PositiveInfinity), nameof(InitialStep), "be greater than 0 and finite");
    }

    /// <summary>atol + rtol · |z|, what the elements of an error at a state are weighed with.</summary>
    internal Tensor Scale(Tensor state) => Weigh(state.abs());

    /// <summary>atol + rtol · max(|z|, |z₁|), what the elements of the error of a step are weighed with.</summary>
    internal Tensor Scale(Tensor start, Tensor end) => Weigh(maximum(start.abs(), end.abs()));

    /// <summary>Throws when a rule is broken.</summary>
    /// <param name="condition">Whether it holds.</param>
    /// <param name="name">Name of the setting.</param>
    /// <param name="rule">What the setting must do.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rule is broken.</exception>
    protected static void Require(bool condition, string name, string rule)
    {
        if (!condition)
        {
            throw new ArgumentOutOfRangeException(name, $"{name} must {rule}.");
        }
    }

    private Tensor Weigh(Tensor magnitudes) => magnitudes.mul_(RelativeTolerance.Held()).PlusInPlace(AbsoluteTolerance.Held());
}
