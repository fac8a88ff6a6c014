namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Kutta, 1901: the 3/8 rule.</summary>
internal static class ThreeEighthsCoefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "ThreeEighths",
        Order = 4,
        C = [0, 1.0 / 3, 2.0 / 3, 1],
        A = [[], [1.0 / 3], [-1.0 / 3, 1], [1, -1, 1]],
        B = [1.0 / 8, 3.0 / 8, 3.0 / 8, 1.0 / 8],
    };
}
