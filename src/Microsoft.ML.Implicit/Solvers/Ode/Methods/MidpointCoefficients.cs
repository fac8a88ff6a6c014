namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Runge, 1895.</summary>
internal static class MidpointCoefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "Midpoint",
        Order = 2,
        C = [0, 1.0 / 2],
        A = [[], [1.0 / 2]],
        B = [0, 1],
    };
}
