using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>Natural cubic splines through batches of points with gaps of their own.</summary>
internal static class NaturalCubicSplineFit
{
    /// <summary>Second derivatives of the splines at their points: zero at both ends, and continuous first derivatives between.</summary>
    /// <param name="points">[batch, points, channels].</param>
    /// <param name="gaps">[batch, points]: distance from the point before.</param>
    /// <param name="lastIndices">int64 [batch]: index of each row's last point.</param>
    /// <returns>Lengths of the pieces, [batch, points - 1], and second derivatives, [batch, points, channels].</returns>
    public static (Tensor Lengths, Tensor Curvatures) Fit(Tensor points, Tensor gaps, Tensor lastIndices)
    {
        long count = points.shape[1];
        Tensor index = HeldArithmetic.Range(0, count, points.device);
        Tensor inner = ((index > 0.Held()) & (index < lastIndices.unsqueeze(1))).to(points.dtype);
        Tensor lengths = gaps.narrow(1, 1, count - 1);
        lengths = where(lengths > 0.Held(), lengths, ones_like(lengths));
        Tensor before = nn.functional.pad(lengths, [1, 0], value: 1);
        Tensor after = nn.functional.pad(lengths, [0, 1], value: 1);

        // Rows of inner points hold hᵢ₋₁, 2(hᵢ₋₁ + hᵢ), hᵢ; those of ends and padding set the curvature to zero.
        Tensor diagonal = diag_embed((inner * 2.Held() * before.Plus(after)).Plus(1.Held().Minus(inner)));
        Tensor lower = diag_embed((inner * before).narrow(1, 1, count - 1), offset: -1);
        Tensor upper = diag_embed((inner * after).narrow(1, 0, count - 1), offset: 1);
        Tensor slopes = (points.narrow(1, 1, count - 1) - points.narrow(1, 0, count - 1)) / lengths.unsqueeze(2);
        Tensor jumps = nn.functional.pad(slopes, [0, 0, 0, 1]) - nn.functional.pad(slopes, [0, 0, 1, 0]);
        return (lengths, linalg.solve(diagonal.Plus(lower).Plus(upper), 6.Held() * inner.unsqueeze(2) * jumps));
    }

    /// <summary>dX/ds on a piece, with s in [0, 1] the place in it.</summary>
    /// <param name="difference">Value at the piece's end minus that at its start.</param>
    /// <param name="length">Length of the piece.</param>
    /// <param name="left">Second derivative with respect to time at its start.</param>
    /// <param name="right">The same at its end.</param>
    /// <param name="place">s.</param>
    public static Tensor Slope(Tensor difference, Tensor length, Tensor left, Tensor right, Tensor place)
    {
        Tensor rest = 1.Held().Minus(place);
        Tensor bend = ((3.Held() * place.Squared()).Plus((-1).Held()) * right) - ((3.Held() * rest.Squared()).Plus((-1).Held()) * left);
        return difference.Plus(length.Squared() / 6.Held() * bend);
    }
}
