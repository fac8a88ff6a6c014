using Microsoft.ML.Implicit.Solvers.Ode.Methods;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// A stiffly accurate, singly diagonally implicit Runge-Kutta method with an explicit first stage (ESDIRK), for stiff
/// problems: every stage after the first solves Y = z + h Σⱼ aᵢⱼkⱼ + hγ f(t + cᵢh, Y) by Newton's method with the Jacobian of
/// each row: few diagonals for an <see cref="ISparseOdeTerm"/>, else a matrix for up to 64 elements a row and products for GMRES beyond. Rows of the batch must not depend on one another.
/// </summary>
public sealed class DiagonallyImplicitRungeKutta : RungeKutta
{
    internal DiagonallyImplicitRungeKutta(string name, int order, double[][] a, double[] c, double[] embedded, double[]? quartic = null)
        : base(
            name,
            order,
            order - 1,
            a,
            c,
            a.Length - 1,
            [.. a[^1].Select((b, i) => b - (i < embedded.Length ? embedded[i] : 0))],
            [],
            DenseOutputPolynomials.Quartic(DenseOutputPolynomials.Hermite(a[^1], a.Length - 1), quartic ?? []))
    {
        Diagonal = a[^1][^1];
    }

    /// <summary>γ, the diagonal of A.</summary>
    internal double Diagonal { get; }
}
