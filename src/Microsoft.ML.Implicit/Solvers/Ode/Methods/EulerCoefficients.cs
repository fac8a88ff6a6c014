namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Euler, Institutiones calculi integralis, 1768.</summary>
internal static class EulerCoefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "Euler",
        Order = 1,
        C = [0],
        A = [[]],
        B = [1],
    };
}
