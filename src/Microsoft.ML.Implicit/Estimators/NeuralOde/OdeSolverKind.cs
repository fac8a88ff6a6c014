namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The adaptive Runge-Kutta method that a neural ODE is solved by.</summary>
public enum OdeSolverKind
{
    /// <summary>Bogacki and Shampine's pair of order 3(2), 1989: three evaluations a step, the cheapest at loose tolerances.</summary>
    Bosh3,

    /// <summary>Tsitouras' pair of order 5(4), 2011: six evaluations a step.</summary>
    Tsit5,

    /// <summary>Dormand and Prince's pair of order 5(4), 1980: six evaluations a step.</summary>
    Dopri5,
}
