using Microsoft.ML.Implicit.Solvers.Ode;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>How a stochastic differential equation is solved and differentiated.</summary>
public sealed record SdeOptions
{
    /// <summary>Method of integration. The default, <see langword="null"/>, is what <see cref="SdeMethods.For"/> says of the equation.</summary>
    public SdeMethod? Method { get; init; }

    /// <summary>
    /// Choice of step sizes, common to all rows. The default is adaptive with both tolerances at 1e-3. A method without an error estimate of its own then takes each
    /// step as two halves and compares.
    /// </summary>
    /// <remarks>A step that is rejected is repeated on the same path. Steps end at all output times.</remarks>
    public OdeStepControl StepControl { get; init; } = new PiStepControl { RelativeTolerance = 1e-3, AbsoluteTolerance = 1e-3 };

    /// <summary>Limit on the number of attempted steps, at least one. The default is 100,000.</summary>
    public int MaximumSteps { get; init; } = 100_000;

    /// <summary>How gradients are computed. The default is the checkpointed adjoint.</summary>
    public SdeGradientMethod GradientMethod { get; init; } = SdeGradientMethod.CheckpointedAdjoint;

    /// <summary>Number of states that the checkpointed adjoint keeps at a time on each level of its recursion, at least two. The default is 64.</summary>
    public int MaximumCheckpoints { get; init; } = 64;

    /// <summary>
    /// Whether a row that could not be solved throws <see cref="SolveFailedException"/>; where not, its status says so and the trajectory up
    /// to there is returned, NaN after it. The default, <see langword="null"/>, is no for the solver and yes for layers.
    /// </summary>
    public bool? ThrowOnFailure { get; init; }

    /// <summary>Checked before each step.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The steps that these options ask for, of a given method.</summary>
    /// <param name="method">The method, which has an error estimate if sizes are adaptive.</param>
    /// <param name="equation">The equation.</param>
    /// <param name="times">Output times: what lies between steps cannot be interpolated, so that each of them ends a step.</param>
    internal OdeOptions Steps(SdeMethod method, StochasticEquation equation, IReadOnlyList<double> times) => new()
    {
        // The local error is of half an order more than the solution's.
        Method = new LocalErrorOrder((int)Math.Ceiling(method.StrongOrder(equation)!.Value - 0.5)),
        StepControl = StepControl,
        MaximumSteps = MaximumSteps,
        MaximumCheckpoints = MaximumCheckpoints,
        JumpTimes = times,
        CancellationToken = CancellationToken,
    };

    /// <summary>Throws when a setting is out of range.</summary>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(StepControl);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumSteps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumCheckpoints, 2);
        switch (StepControl)
        {
            case FixedStepControl control:
                SettingRange.Require(control.Size > 0, nameof(FixedStepControl.Size), control.Size, "greater than zero");
                break;
            case AdaptiveStepControl control:
                control.Validate();
                break;
        }
    }

    /// <summary>What step sizes need to know of a method.</summary>
    private sealed class LocalErrorOrder(int embeddedOrder) : OdeMethod(nameof(LocalErrorOrder), embeddedOrder, embeddedOrder);
}
