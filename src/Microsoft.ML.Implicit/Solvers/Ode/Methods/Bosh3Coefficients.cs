namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Bogacki, Shampine, A 3(2) pair of Runge-Kutta formulas, Applied Mathematics Letters 2(4), 1989.</summary>
internal static class Bosh3Coefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "Bosh3",
        Order = 3,
        EmbeddedOrder = 2,
        C = [0, 1.0 / 2, 3.0 / 4],
        A = [[], [1.0 / 2], [0, 3.0 / 4]],
        B = [2.0 / 9, 1.0 / 3, 4.0 / 9],
        ErrorWeights = [2.0 / 9 - 7.0 / 24, 1.0 / 3 - 1.0 / 4, 4.0 / 9 - 1.0 / 3, -1.0 / 8],
    };
}
