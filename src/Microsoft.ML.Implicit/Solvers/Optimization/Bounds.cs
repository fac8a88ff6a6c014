using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Bounds of unknowns; infinity where there is none.</summary>
/// <param name="Lower">Lower bounds, of a shape that extends to that of the unknowns; null for none.</param>
/// <param name="Upper">Upper bounds; null for none.</param>
public sealed record Bounds(Tensor? Lower = null, Tensor? Upper = null)
{
    /// <summary>A bound in the shape of the unknowns.</summary>
    /// <exception cref="ArgumentException">A bound does not extend to the shape of the unknowns, or a lower one is above the upper one.</exception>
    internal (Tensor Lower, Tensor Upper) Expand(Tensor y)
    {
        (Tensor lower, Tensor upper) = (Expand(Lower, y, double.NegativeInfinity, nameof(Lower)), Expand(Upper, y, double.PositiveInfinity, nameof(Upper)));
        using Tensor isOrdered = lower.le(upper), areOrdered = isOrdered.all();
        return areOrdered.item<bool>() ? (lower, upper) : throw new ArgumentException($"A bound of {nameof(Lower)} is above that of {nameof(Upper)}, or no number.");
    }

    private static Tensor Expand(Tensor? bound, Tensor y, double absent, string name)
    {
        if (bound is null)
        {
            return full(y.shape, absent.Held(), y.dtype, y.device);
        }

        int offset = (int)(y.dim() - bound.dim());
        bool fits = offset >= 0 && bound.shape.Where((size, i) => size != 1 && size != y.shape[i + offset]).FirstOrDefault(-1) == -1;
        return fits && bound.dtype == y.dtype
            ? bound.expand(y.shape)
            : throw new ArgumentException($"{name} is {bound.dtype} [{string.Join(", ", bound.shape)}], which does not extend to unknowns {y.dtype} [{string.Join(", ", y.shape)}].", name);
    }
}
