using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>
/// Ranks and sorted values with useful derivatives (Blondel, Teboul, Berthet and Djolonga, 2020, "Fast differentiable sorting and ranking"): Euclidean projections onto the
/// permutahedron, the hull of all orders, found by isotonic regression in n log n.
/// </summary>
/// <remarks>
/// Where values lie further apart than the strength, ranks are exact and have no derivative; the larger the strength, the nearer they come to one another, and the further a
/// derivative reaches. The strength of ranks is in the units of the values, and that of sorted values in one over them.
/// </remarks>
/// <example><code>
/// Tensor ranks = SoftOrder.Rank(scores, strength: 0.1);
/// Tensor loss = SoftOrder.SpearmanLoss(scores, relevances, strength: 0.1);
/// </code></example>
public static class SoftOrder
{
    /// <summary>The rank of each value within its row, from 1 for the least.</summary>
    /// <param name="values">Float32 or float64, <c>[rows, values]</c>.</param>
    /// <param name="strength">Width over which neighbours blend, in units of the values.</param>
    /// <returns>The same shape; each row sums to that of its ranks. NaN where a row is not finite.</returns>
    /// <exception cref="ArgumentException">The values are no rows of floating-point numbers, or the strength is not positive.</exception>
    public static Tensor Rank(Tensor values, double strength = 1)
    {
        RowTensor.Check(values, nameof(values));
        RowTensor.CheckStrength(strength);
        using DisposeScope scope = NewDisposeScope();
        return RowTensor.WhereFinite(values, Project(values, strength, Descending(values))).MoveToOuterDisposeScope();
    }

    /// <summary>The values of each row in rising order: exact where neighbours lie less than 1 / strength apart, and otherwise drawn to one another until they do.</summary>
    /// <param name="values">Float32 or float64, <c>[rows, values]</c>.</param>
    /// <param name="strength">In one over the units of the values; below one over the largest gap the order is exact.</param>
    /// <returns>The same shape; each row has the sum of its values. NaN where a row is not finite.</returns>
    /// <exception cref="ArgumentException">The values are no rows of floating-point numbers, or the strength is not positive.</exception>
    public static Tensor Sort(Tensor values, double strength = 1)
    {
        RowTensor.Check(values, nameof(values));
        RowTensor.CheckStrength(strength);
        using DisposeScope scope = NewDisposeScope();
        Tensor falling = values.neg();
        Tensor order = falling.detach().argsort(1, descending: true);
        return RowTensor.WhereFinite(values, Project(Descending(values), strength, falling.gather(1, order)).neg()).MoveToOuterDisposeScope();
    }

    /// <summary>One minus the correlation of ranks: a loss that asks for the order of a row alone, whatever the scale of the scores; NaN where a row is not finite.</summary>
    /// <param name="scores">What a model gives, <c>[rows, values]</c>.</param>
    /// <param name="relevances">The values whose order is wanted, <c>[rows, values]</c>; ties have their mean rank.</param>
    /// <param name="strength">Width over which neighbours blend, in units of the scores.</param>
    /// <returns>[rows], from 0 for the same order to 2 for the opposite one.</returns>
    /// <exception cref="ArgumentException">The tensors are no rows of floating-point numbers of one shape, or the strength is not positive.</exception>
    public static Tensor SpearmanLoss(Tensor scores, Tensor relevances, double strength = 1)
    {
        RowTensor.Check(scores, nameof(scores));
        RowTensor.Check(relevances, nameof(relevances));
        if (!scores.shape.SequenceEqual(relevances.shape))
        {
            throw new ArgumentException($"There are [{string.Join(", ", relevances.shape)}] relevances and [{string.Join(", ", scores.shape)}] scores.", nameof(relevances));
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor ranks = Rank(scores, strength);
        Tensor wanted = HardRank(relevances.detach()).to(ranks.dtype);
        (Tensor a, Tensor b) = (ranks - ranks.mean([1], keepdim: true), wanted - wanted.mean([1], keepdim: true));
        Tensor loss = 1.Held().Minus((a * b).sum(1) * InverseNorm(a) * InverseNorm(b));
        return RowTensor.WhereFinite(relevances, loss).MoveToOuterDisposeScope();

        // Where scores or relevances are all the same there is no correlation, and no slope.
        static Tensor InverseNorm(Tensor centred)
        {
            Tensor squares = centred.Squared().sum(1), isFlat = squares.eq(0.Held());
            return where(isFlat, zeros_like(squares), where(isFlat, ones_like(squares), squares).rsqrt());
        }
    }

    // Half of how many are less or equal, and of how many are less and oneself: equal values share the mean of their places.
    private static Tensor HardRank(Tensor values)
    {
        (Tensor rows, Tensor columns) = (values.unsqueeze(2), values.unsqueeze(1));
        return rows.gt(columns).sum(2, type: ScalarType.Float64).Plus(rows.ge(columns).sum(2, type: ScalarType.Float64)).Plus(1.Held()).div(2.Held());
    }

    private static Tensor Descending(Tensor like)
    {
        long count = like.shape[1];
        return arange(count.Held(), 0.Held(), (-1).Held(), like.dtype, like.device).expand(like.shape[0], count);
    }

    // The projection of z, in units of the strength, onto the hull of all orders of w, which falls: z less the isotonic regression of z - w, which is formed within blocks alone,
    // as far as the strength reaches, so that neither part is lost to the rounding of the other.
    private static Tensor Project(Tensor z, double strength, Tensor w)
    {
        Tensor order = z.detach().argsort(1, descending: true);
        Tensor falling = z.gather(1, order);
        Tensor parts = cat([falling.neg().to(ScalarType.Float64), w.to(ScalarType.Float64) * (-strength).Held()], 1);
        Tensor blocks = Blocks.Find(parts, (int)z.shape[1], (_, both, own) => PoolAdjacentViolators.Solve(both[..own.Length], both[own.Length..], own));
        Tensor within = (falling - falling.detach().gather(1, blocks)).div(strength.Held());
        return (within - Blocks.Mean(within, blocks)).Plus(Blocks.Mean(w, blocks)).gather(1, order.argsort(1));
    }
}
