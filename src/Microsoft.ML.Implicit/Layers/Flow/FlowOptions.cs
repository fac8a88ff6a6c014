using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>How a flow is solved and trained.</summary>
public sealed record FlowOptions
{
    /// <summary>Method, step control and gradient method. The default is <see cref="OdeMethods.Dopri5"/> with both tolerances at 1e-5.</summary>
    public OdeOptions Solver { get; init; } = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 } };

    /// <summary>How the divergence is computed in training. Densities are always computed with the exact trace where it has a closed form.</summary>
    public TraceEstimator Trace { get; init; } = TraceEstimator.Exact;

    /// <summary>
    /// Weight of the kinetic energy ∫‖f‖² dt in the training loss (Finlay et al., How to train your neural ODE, 2020). The default is 0.01.
    /// </summary>
    public double KineticPenalty { get; init; } = 0.01;

    /// <summary>Weight of ∫‖∂f/∂z‖²_F dt in the training loss (Finlay et al., 2020). The default is 0.01.</summary>
    public double JacobianPenalty { get; init; } = 0.01;

    /// <summary>
    /// Degrees of freedom of Student's t distribution of several dimensions as the base along Euclidean coordinates, whose tails are heavier the fewer
    /// they are (Jaini et al., Tails of Lipschitz triangular flows, 2020); <see langword="null"/>, the default, for a standard normal one.
    /// </summary>
    public int? DegreesOfFreedom { get; init; }

    /// <summary>What training integrates: the divergence and, where one weighs, the penalties in one column.</summary>
    internal Integrands Integrands
    {
        get
        {
            var penalty = new Integrand(KineticEnergy: KineticPenalty, JacobianNorm: JacobianPenalty);
            return penalty == default ? Integrands.Divergence : new Integrands(new Integrand(Divergence: true), penalty);
        }
    }

    /// <summary>Throws when a setting is out of range.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    internal void Validate()
    {
        Solver.Validate();
        if (!Enum.IsDefined(Trace))
        {
            throw new ArgumentOutOfRangeException(nameof(Trace), Trace, "The trace estimator is not known.");
        }

        if (DegreesOfFreedom is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(DegreesOfFreedom), DegreesOfFreedom, "The degrees of freedom must be positive.");
        }

        ThrowIfNotWeight(KineticPenalty, nameof(KineticPenalty));
        ThrowIfNotWeight(JacobianPenalty, nameof(JacobianPenalty));
    }

    private static void ThrowIfNotWeight(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
        {
            throw new ArgumentOutOfRangeException(name, value, "The weight must be finite and not negative.");
        }
    }
}
