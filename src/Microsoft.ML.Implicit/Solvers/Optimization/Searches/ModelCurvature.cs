using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Curvature of quadratic models of a Lagrangian, <c>[rows, unknowns, unknowns]</c>, in units in which each unknown is curved by one.</summary>
internal static class ModelCurvature
{
    /// <summary>Less than this is none.</summary>
    public const double Smallest = 1e-8;

    private const double Raised = 1e-3;
    private const double SmallestShare = 1e-6;

    /// <summary>
    /// Makes the model convex: by adding ½ ρ (A p + h)² for equalities and inequalities that hold as such, which changes no solution, and where that is not enough by raising
    /// eigenvalues. All is in the units of the unknowns.
    /// </summary>
    public static (Tensor Quadratic, Tensor Linear) Convexify(Tensor hessian, Tensor slope, Tensor a, Tensor h, Tensor b, Tensor g, Tensor multipliers)
    {
        Tensor isFlat = hessian.abs().amax([1, 2], false).unsqueeze(1).le(Smallest.Held());
        Tensor raise = where(isFlat, ones_like(slope.narrow(1, 0, 1)), full_like(slope.narrow(1, 0, 1), Raised.Held()));

        // An inequality holds as an equality where its multiplier has a part in the balance of gradients.
        Tensor share = multipliers * b.norm(2);
        Tensor isActive = share.gt(slope.norm(1, true) * SmallestShare.Held()).to(slope.dtype);
        Tensor rows = cat([a, b * isActive.unsqueeze(2)], 1), offsets = cat([h, g * isActive], 1);
        if (rows.shape[1] > 0)
        {
            Tensor isIndefinite = linalg.eigvalsh(hessian).amin([1], true).unsqueeze(2).le(Smallest.Held());
            Tensor length = rows.Squared().sum([1, 2], true).clamp_min(1e-300.Held());
            Tensor factor = where(isIndefinite, length.reciprocal() * 10.Held(), zeros_like(length));
            hessian = hessian.Plus(rows.transpose(1, 2).bmm(rows) * factor);
            slope = slope.Plus((rows.transpose(1, 2).bmm(offsets.unsqueeze(2)) * factor).squeeze(2));
        }

        (Tensor eigenvalues, Tensor vectors) = linalg.eigh(hessian);
        Tensor raised = where(eigenvalues.lt(Smallest.Held()), maximum(eigenvalues.abs(), raise), eigenvalues);
        return ((vectors * raised.unsqueeze(1)).bmm(vectors.transpose(1, 2)), slope);
    }

    /// <summary>Whether the Lagrangian bends upwards along what active constraints leave free (Nocedal and Wright 2006, theorem 12.5): a maximum or a saddle is stationary, too.</summary>
    public static bool[] IsMinimum(Tensor hessian, Tensor active)
    {
        (Tensor held, Tensor directions) = linalg.eigh(active.transpose(1, 2).bmm(active));
        Tensor free = directions * held.le(Smallest.Held()).unsqueeze(1).to(hessian.dtype);
        Tensor reduced = free.transpose(1, 2).bmm(hessian).bmm(free);
        return [.. linalg.eigvalsh(reduced).amin([1]).ge((-Raised).Held()).cpu().data<bool>()];
    }
}
