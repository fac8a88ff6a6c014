using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>
/// zᵢ = Aᵢ zᵢ₋₁ in blocks, the linear equation dz = A(dX) z with block-diagonal A step by step: a scan over products of matrices, of about 2 log₂ n steps in place of n
/// (Blelloch, Prefix sums and their applications, 1990).
/// </summary>
internal static class ProductScan
{
    /// <summary>Computes the states at all points, within autograd.</summary>
    /// <param name="transitions">A, [batch, points, blocks, size, size].</param>
    /// <param name="start">z before the first point, [blocks, size, 1].</param>
    /// <returns>z, [batch, points, blocks, size, 1].</returns>
    public static Tensor Run(Tensor transitions, Tensor start)
    {
        long points = transitions.shape[1], pairs = points / 2, later = (points - 1) / 2;
        Tensor firsts = transitions.slice(1, 0, points, 2);
        Tensor first = firsts.narrow(1, 0, 1).matmul(start);
        if (points == 1)
        {
            return first;
        }

        // Points two by two: the states at the second ones are those of a product of half the length.
        Tensor seconds = Run(transitions.slice(1, 1, points, 2).matmul(firsts.narrow(1, 0, pairs)), start);
        Tensor laterFirsts = firsts.narrow(1, 1, later).matmul(seconds.narrow(1, 0, later));
        Tensor between = stack([seconds.narrow(1, 0, later), laterFirsts], 2).flatten(1, 2);
        return cat([first, between, seconds.narrow(1, later, pairs - later)], 1);
    }
}
