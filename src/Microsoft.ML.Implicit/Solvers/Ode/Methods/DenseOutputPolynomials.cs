namespace Microsoft.ML.Implicit.Solvers.Ode.Methods;

/// <summary>Interpolants that need no coefficients of their own, written as polynomials in θ for each stage.</summary>
internal static class DenseOutputPolynomials
{
    /// <summary>The interpolant that a method of the given order gets where the literature names none.</summary>
    public static double[][] From(int order, double[] b) => order switch
    {
        1 => Linear(b),
        2 => Quadratic(b),
        _ => Hermite([.. b, 0.0], b.Length),
    };

    /// <summary>
    /// The cubic with the values and slopes of both ends (Hairer, Nørsett, Wanner, Solving ODEs I, II.6, equation 6.7):
    /// weights bᵢ(3θ² - 2θ³), plus θ(1-θ)² for the first stage and θ²(θ-1) for the stage at the end.
    /// </summary>
    public static double[][] Hermite(double[] b, int endStage)
    {
        double[][] weights = [.. b.Select(w => new[] { 0.0, 3 * w, -2 * w })];
        weights[0][0] += 1;
        weights[0][1] -= 2;
        weights[0][2] += 1;
        weights[endStage][1] -= 1;
        weights[endStage][2] += 1;
        return weights;
    }

    /// <summary>A cubic with θ²(1-θ)² Σ wᵢkᵢ added, which changes neither values nor slopes of both ends.</summary>
    public static double[][] Quartic(double[][] cubic, double[] weights) =>
        weights.Length == 0 ? cubic : [.. cubic.Select((p, i) => new[] { p[0], p[1] + weights[i], p[2] - (2 * weights[i]), weights[i] })];

    /// <summary>z + θ(z₁ - z).</summary>
    private static double[][] Linear(double[] b) => [.. b.Select(w => new[] { w })];

    /// <summary>The parabola through z and z₁ with slope k₀ at the start: z + θh k₀ + θ²(z₁ - z - h k₀).</summary>
    private static double[][] Quadratic(double[] b) =>
        [.. b.Select((w, i) => i == 0 ? new[] { 1.0, w - 1.0 } : [0.0, w])];
}
