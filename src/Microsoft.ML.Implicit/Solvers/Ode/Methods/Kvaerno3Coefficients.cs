namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>
/// Kværnø, Singly diagonally implicit Runge-Kutta methods with an explicit first stage, BIT Numerical Mathematics 44(3),
/// 2004: the pair of order 3(2), stiffly accurate, its embedded solution as well.
/// </summary>
internal static class Kvaerno3Coefficients
{
    private const double Gamma = 0.43586652150845967;

    public static readonly double[] C = [0, 2 * Gamma, 1, 1];

    public static readonly double[][] A =
    [
        [],
        [Gamma, Gamma],
        [((-4 * Gamma * Gamma) + (6 * Gamma) - 1) / (4 * Gamma), ((-2 * Gamma) + 1) / (4 * Gamma), Gamma],
        [((6 * Gamma) - 1) / (12 * Gamma), -1 / (((24 * Gamma) - 12) * Gamma), ((-6 * Gamma * Gamma) + (6 * Gamma) - 1) / ((6 * Gamma) - 3), Gamma],
    ];
}
