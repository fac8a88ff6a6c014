namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>The state of a <see cref="PiStepControl"/> along one solve.</summary>
internal sealed class PiStepController(PiStepControl control, int embeddedOrder) : StepSizeController
{
    /// <summary>A local error far below the tolerance says little about the next step, so its memory is bounded (Hairer's dopri5).</summary>
    public const double SmallestRememberedError = 1e-4;

    /// <summary>Smaller errors count as this one.</summary>
    public const double SmallestError = 1e-10;

    private readonly double _integral = IntegralExponent(control, embeddedOrder);
    private double _previousError = SmallestRememberedError;
    private bool _rejected;

    /// <summary>Power of the last error that divides the step size.</summary>
    public static double IntegralExponent(PiStepControl control, int embeddedOrder) => (1.0 / (embeddedOrder + 1)) - (0.75 * control.Stabilization);

    /// <summary>Forgets all steps, as a new controller has none.</summary>
    public void Restart() => (_previousError, _rejected) = (SmallestRememberedError, false);

    public override double Accept(double weightedError)
    {
        double growth = control.Safety * Math.Pow(Math.Max(weightedError, SmallestError), -_integral) * Math.Pow(_previousError, control.Stabilization);
        _previousError = Math.Max(weightedError, SmallestRememberedError);
        double limit = _rejected ? 1.0 : control.MaximumFactor;
        _rejected = false;
        return Math.Clamp(growth, control.MinimumFactor, limit);
    }

    public override double Reject(double weightedError)
    {
        // An error that is not finite shrinks the step as far as allowed.
        _rejected = true;
        return double.IsFinite(weightedError) ? Math.Clamp(control.Safety * Math.Pow(weightedError, -_integral), control.MinimumFactor, control.Safety) : control.MinimumFactor;
    }
}
