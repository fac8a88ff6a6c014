using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>
/// Positive semidefinite to within the rounding of a matrix's numbers: with its diagonal enlarged by a few n ε it has a Cholesky factor, where ε is that of
/// the type the numbers came in. The entries of a matrix of inner products are rounded in proportion to the diagonal, so this does not depend on units.
/// </summary>
internal static class Convexity
{
    /// <summary>Share of the largest entry below which a diagonal entry counts as this share: it has underflowed.</summary>
    public const double SmallestDiagonal = 1e-40;

    // Rounded entries move the eigenvalues of a matrix with unit diagonal by up to n ε / 2, sums of products by a few times more.
    private const double Roundings = 8;

    // Above the pivots that a factorisation takes for zero.
    private const double SmallestTolerance = 2e-14;

    private const double Growth = 8;

    /// <summary>
    /// Shares by which to enlarge the diagonal, to be tried in turn: the first is the rounding of the factorisation itself and need not be kept,
    /// the last the rounding of numbers of the given type.
    /// </summary>
    public static IEnumerable<double> Tolerances(int order, ScalarType type)
    {
        double largest = Tolerance(order, type);
        for (double tolerance = Tolerance(order, ScalarType.Float64); tolerance < largest; tolerance *= Growth)
        {
            yield return tolerance;
        }

        yield return largest;
    }

    /// <summary>Examines symmetric matrices, float64 [n, n] or [batch, n, n].</summary>
    /// <param name="q">The matrices.</param>
    /// <param name="type">The type their numbers came in.</param>
    /// <returns>Which are convex, [] or [batch] Boolean, and what to add to their diagonals for solvers to see them so, [n] or [batch, n].</returns>
    public static (Tensor Convex, Tensor Shift) Examine(Tensor q, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        int order = (int)q.shape[^1];
        Tensor unit = q.diagonal(0, -2, -1).abs().PlusInPlace(q.abs().amax([-2, -1]).unsqueeze(-1).mul_(SmallestDiagonal.Held()));
        Tensor scale = unit.masked_fill(unit.eq(0.Held()), 1.Held()).rsqrt_();
        Tensor scaled = (q * scale.unsqueeze(-1)).mul_(scale.unsqueeze(-2));
        Tensor identity = eye(order, dtype: ScalarType.Float64, device: q.device);
        Tensor? convex = null, share = null;
        foreach (double tolerance in Tolerances(order, type))
        {
            if (convex is not null && convex.all().item<bool>())
            {
                break;
            }

            Tensor factors = linalg.cholesky_ex(scaled.Plus(identity * tolerance.Held())).Item2.eq(0.Held());
            (convex, share) = convex is null || share is null
                ? (factors, zeros_like(factors, ScalarType.Float64))
                : (convex.logical_or(factors), where(factors.logical_and(convex.logical_not()), full_like(share, tolerance.Held()), share));
        }

        return (convex!.MoveToOuterDisposeScope(), (unit * share!.unsqueeze(-1)).MoveToOuterDisposeScope());
    }

    private static double Tolerance(int order, ScalarType type) =>
        Math.Max(Roundings * order * MachineEpsilon.Of(type), SmallestTolerance);
}
