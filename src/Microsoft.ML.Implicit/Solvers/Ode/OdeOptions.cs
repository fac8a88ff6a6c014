namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>How an ordinary differential equation is solved and differentiated.</summary>
public sealed record OdeOptions
{
    /// <summary>Method of integration. The default is <see cref="OdeMethods.Dopri5"/>.</summary>
    public OdeMethod Method { get; init; } = OdeMethods.Dopri5;

    /// <summary>Choice of step sizes. The default is adaptive with both tolerances at 1e-6.</summary>
    public OdeStepControl StepControl { get; init; } = new PiStepControl();

    /// <summary>Limit on the number of attempted steps, at least one. The default is 10,000.</summary>
    public int MaximumSteps { get; init; } = 10_000;

    /// <summary>How gradients are computed. The default is the checkpointed adjoint.</summary>
    public OdeGradientMethod GradientMethod { get; init; } = OdeGradientMethod.CheckpointedAdjoint;

    /// <summary>
    /// Number of states that the checkpointed adjoint keeps at a time on each level of its recursion, at least two. The
    /// default is 64; a solve of up to that many steps recomputes nothing but the stages of each step.
    /// </summary>
    public int MaximumCheckpoints { get; init; } = 64;

    /// <summary>
    /// Times at which the right-hand side jumps, such as the ends of a pulse, in any order; those outside of a solve have no effect. The
    /// default is none. Steps end exactly there, and the next one starts afresh.
    /// </summary>
    /// <remarks>
    /// At a jump the right-hand side is evaluated at the neighbouring floating-point numbers of the state's type: just before it for the
    /// step that ends there, just after it for the step that starts there, in both directions of time. A dose or a switch written as
    /// <c>t >= jump</c> or <c>t > jump</c> is therefore solved alike. Gradients pass through; the jump's time itself gets none.
    /// </remarks>
    public IReadOnlyList<double> JumpTimes { get; init; } = [];

    /// <summary>
    /// Whether a row that could not be solved throws <see cref="SolveFailedException"/>; where not, its status says so and the trajectory up
    /// to there is returned, NaN after it. The default, <see langword="null"/>, is no for the solvers and yes for layers.
    /// </summary>
    public bool? ThrowOnFailure { get; init; }

    /// <summary>Checked before each step.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Throws when a setting is out of range or settings contradict each other.</summary>
    /// <exception cref="ArgumentException">A setting is out of range, or the method has no error estimate and the step control is adaptive.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Method);
        ArgumentNullException.ThrowIfNull(StepControl);
        ArgumentNullException.ThrowIfNull(JumpTimes);
        if (JumpTimes.Any(time => !double.IsFinite(time)))
        {
            throw new ArgumentException($"A jump is at time {JumpTimes.First(time => !double.IsFinite(time))}; times must be finite.", nameof(JumpTimes));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumSteps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumCheckpoints, 2);
        switch (StepControl)
        {
            case FixedStepControl control when !(control.Size > 0):
                throw new ArgumentOutOfRangeException(nameof(FixedStepControl.Size), "The step size must be greater than zero.");
            case AdaptiveStepControl when Method.EmbeddedOrder == 0:
                throw new ArgumentException($"{Method.Name} has no error estimate: use it with {nameof(FixedStepControl)}.", nameof(StepControl));
            case AdaptiveStepControl control:
                control.Validate();
                break;
        }
    }
}
