namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Kutta, 1901: the classical method.</summary>
internal static class RungeKutta4Coefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "RungeKutta4",
        Order = 4,
        C = [0, 1.0 / 2, 1.0 / 2, 1],
        A = [[], [1.0 / 2], [0, 1.0 / 2], [0, 0, 1]],
        B = [1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6],
    };
}
