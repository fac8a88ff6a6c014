namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>
/// Dormand, Prince, A family of embedded Runge-Kutta formulae, J. Comp. Appl. Math. 6, 1980, with the embedded
/// solution of Shampine, Some practical Runge-Kutta formulas, Mathematics of Computation 46, 1986. Dense output: Hairer,
/// Nørsett, Wanner, Solving Ordinary Differential Equations I, 2nd edition, II.6, in powers of θ.
/// </summary>
internal static class Dopri5Coefficients
{
    public static readonly ExplicitRungeKuttaCoefficients Value = new()
    {
        Name = "Dopri5",
        Order = 5,
        EmbeddedOrder = 4,
        C = [0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1],
        A =
        [
            [],
            [1.0 / 5],
            [3.0 / 40, 9.0 / 40],
            [44.0 / 45, -56.0 / 15, 32.0 / 9],
            [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
            [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
        ],
        B = [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
        ErrorWeights =
        [
            35.0 / 384 - 1951.0 / 21600, 0, 500.0 / 1113 - 22642.0 / 50085, 125.0 / 192 - 451.0 / 720,
            -2187.0 / 6784 + 12231.0 / 42400, 11.0 / 84 - 649.0 / 6300, -1.0 / 60,
        ],
        DenseOutput =
        [
            [1.0, -2.8535800653862835, 3.0717434641059005, -1.1270175653862835],
            [0, 0, 0, 0],
            [0, 4.023133379230305, -6.249321565289, 2.675424484351598],
            [0, -3.7324019615885042, 10.068970589843675, -5.685526961588504],
            [0, 2.5548038301849423, -6.399112377351017, 3.5219323679207912],
            [0, -1.3744241142186024, 3.272657752246729, -1.7672812570757455],
            [0, 1.3824689317781436, -3.764937863556287, 2.382468931778144],
        ],
    };
}
