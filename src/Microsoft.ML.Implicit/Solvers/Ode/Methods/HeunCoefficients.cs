namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Heun, 1900; the embedded solution is Euler's.</summary>
internal static class HeunCoefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "Heun",
        Order = 2,
        EmbeddedOrder = 1,
        C = [0, 1],
        A = [[], [1]],
        B = [1.0 / 2, 1.0 / 2],
        ErrorWeights = [-1.0 / 2, 1.0 / 2],
    };
}
