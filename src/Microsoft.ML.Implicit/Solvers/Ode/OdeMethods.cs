using Microsoft.ML.Implicit.Solvers.Ode.Methods;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>The built-in methods of integration.</summary>
public static class OdeMethods
{
    /// <summary>Euler's method, order 1, fixed step.</summary>
    public static ExplicitRungeKutta Euler { get; } = new(EulerCoefficients.Value);

    /// <summary>The explicit midpoint rule (Runge), order 2, fixed step.</summary>
    public static ExplicitRungeKutta Midpoint { get; } = new(MidpointCoefficients.Value);

    /// <summary>Heun's method with embedded Euler, order 2(1).</summary>
    public static ExplicitRungeKutta Heun { get; } = new(HeunCoefficients.Value);

    /// <summary>The classical Runge-Kutta method, order 4, fixed step.</summary>
    public static ExplicitRungeKutta RungeKutta4 { get; } = new(RungeKutta4Coefficients.Value);

    /// <summary>Kutta's 3/8 rule, order 4, fixed step.</summary>
    public static ExplicitRungeKutta ThreeEighths { get; } = new(ThreeEighthsCoefficients.Value);

    /// <summary>Bogacki and Shampine's pair of order 3(2), 1989.</summary>
    public static ExplicitRungeKutta Bosh3 { get; } = new(Bosh3Coefficients.Value);

    /// <summary>Dormand and Prince's pair of order 5(4), 1980, with Hairer's and Wanner's dense output of order 4.</summary>
    public static ExplicitRungeKutta Dopri5 { get; } = new(Dopri5Coefficients.Value);

    /// <summary>Tsitouras' pair of order 5(4), 2011, with his dense output of order 4.</summary>
    public static ExplicitRungeKutta Tsit5 { get; } = new(Tsit5Coefficients.Value);

    /// <summary>Dormand and Prince's method of order 8 with two embedded solutions, 8(5,3), and dense output of order 7 (DOP853, Hairer, Nørsett, Wanner, 1993).</summary>
    public static ExplicitRungeKutta Dopri8 { get; } = new(Dopri8Coefficients.Value);

    /// <summary>The method of Adams, Bashforth and Moulton, order 4, fixed step.</summary>
    public static AdamsBashforthMoulton AdamsBashforthMoulton { get; } = new();

    /// <summary>The symplectic Euler method, order 1, for positions and momenta.</summary>
    public static SymplecticEuler SymplecticEuler { get; } = new();

    /// <summary>The leapfrog method of Störmer and Verlet, order 2, for positions and momenta.</summary>
    public static Leapfrog Leapfrog { get; } = new();

    /// <summary>Ralston's method with embedded Euler, order 2(1).</summary>
    public static Ralston Ralston { get; } = new();

    /// <summary>Shu and Osher's strong-stability-preserving Runge-Kutta method, order 3, fixed step.</summary>
    public static StrongStabilityPreserving3 StrongStabilityPreserving3 { get; } = new();

    /// <summary>Kværnø's implicit pair of order 3(2), 2004, for stiff problems at loose tolerances.</summary>
    public static DiagonallyImplicitRungeKutta Kvaerno3 { get; } = new("Kvaerno3", 3, Kvaerno3Coefficients.A, Kvaerno3Coefficients.C, Kvaerno3Coefficients.A[^2]);

    /// <summary>Kværnø's implicit pair of order 5(4), 2004, for stiff problems. Times within its long steps are answered to order 4, which may miss the tolerance manyfold; <see cref="FixedStepControl"/> and <see cref="OdeOptions.JumpTimes"/> end steps at times.</summary>
    public static DiagonallyImplicitRungeKutta Kvaerno5 { get; } = new("Kvaerno5", 5, Kvaerno5Coefficients.A, Kvaerno5Coefficients.C, Kvaerno5Coefficients.A[^2], Kvaerno5Coefficients.Quartic);
}
