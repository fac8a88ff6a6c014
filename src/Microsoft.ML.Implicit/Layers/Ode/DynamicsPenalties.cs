namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>Penalties, integrated along the solution, that keep dynamics cheap to solve.</summary>
[Flags]
public enum DynamicsPenalties
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>∫ ‖f‖² dt (Finlay, Jacobsen, Nurbekyan, Oberman, How to train your neural ODE, 2020, equation 8).</summary>
    KineticEnergy = 1,

    /// <summary>∫ ‖∂f/∂z e‖² dt with a random direction e, whose expectation is the squared Frobenius norm of the Jacobian (Finlay et al., 2020, equation 10).</summary>
    JacobianNorm = 2,

    /// <summary>∫ ‖d²z/dt²‖² dt (Kelly, Bettencourt, Johnson, Duvenaud, Learning differential equations that are easy to solve, 2020, with K = 2).</summary>
    SecondDerivative = 4,

    /// <summary>∫ ‖d³z/dt³‖² dt (Kelly et al., 2020, with K = 3); for <see cref="PenalizedModule"/>.</summary>
    ThirdDerivative = 8,
}
