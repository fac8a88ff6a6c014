namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>
/// Kværnø, Singly diagonally implicit Runge-Kutta methods with an explicit first stage, BIT Numerical Mathematics 44(3),
/// 2004: the pair of order 5(4), stiffly accurate, its embedded solution as well.
/// </summary>
internal static class Kvaerno5Coefficients
{
    private const double Gamma = 0.26;

    public static readonly double[] C = [0, 0.52, 1.230333209967908, 0.8957659843500759, 0.43639360985864756, 1, 1];

    public static readonly double[][] A =
    [
        [],
        [Gamma, Gamma],
        [0.13, 0.84033320996790809, Gamma],
        [0.22371961478320505, 0.47675532319799699, -0.06470895363112615, Gamma],
        [0.16648564323248321, 0.10450018841591720, 0.03631482272098715, -0.13090704451073998, Gamma],
        [0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.61943039072480676, Gamma],
        [0.13659751177640291, 0, -0.05496908796538376, -0.04118626728321046, 0.62993304899016403, 0.06962479448202728, Gamma],
    ];

    /// <summary>
    /// Weights w of the quartic that raises the cubic Hermite interpolant to order 4: of those with Σ wᵢ = Σ wᵢcᵢ = Σ wᵢcᵢ² = 0,
    /// Σ wᵢcᵢ³ = 1/4 and Σ wᵢaᵢⱼcⱼ² = 1/12 the ones of least norm.
    /// </summary>
    public static readonly double[] Quartic =
    [
        -0.48424934964585936, 0, 0.9921747011803463, -0.6241080331021569, 1.3801004273784276, -0.6319588729053771, -0.6319588729053779,
    ];
}
