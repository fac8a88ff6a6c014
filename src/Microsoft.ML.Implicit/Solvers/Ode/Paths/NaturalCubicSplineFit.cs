using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>Natural cubic splines through batches of points with gaps of their own.</summary>
internal static class NaturalCubicSplineFit
{
    /// <summary>
    /// Second derivatives of the splines at their points: zero at both ends, and continuous first derivatives between. Found by elimination in float64, since long
    /// gaps beside short ones make the equations' terms differ by orders of magnitude; they are diagonally dominant, and need no row interchanges.
    /// </summary>
    /// <param name="points">[batch, points, channels].</param>
    /// <param name="gaps">[batch, points]: distance from the point before.</param>
    /// <param name="lastIndices">int64 [batch]: index of each row's last point.</param>
    /// <returns>Lengths of the pieces, [batch, points - 1], and second derivatives, [batch, points, channels].</returns>
    public static (Tensor Lengths, Tensor Curvatures) Fit(Tensor points, Tensor gaps, Tensor lastIndices)
    {
        long count = points.shape[1];
        Tensor lengths = gaps.narrow(1, 1, count - 1);
        lengths = where(lengths > 0.Held(), lengths, ones_like(lengths));
        Tensor exact = lengths.to(ScalarType.Float64), values = points.to(ScalarType.Float64);
        Tensor slopes = (values.narrow(1, 1, count - 1) - values.narrow(1, 0, count - 1)) / exact.unsqueeze(2);
        Tensor none = zeros_like(values.select(1, 0));
        var eliminated = new List<(Tensor Ratio, Tensor Value)> { (none.narrow(1, 0, 1), none) };
        for (long i = 1; i + 1 < count; i++)
        {
            // hᵢ₋₁ cᵢ₋₁ + 2 (hᵢ₋₁ + hᵢ) cᵢ + hᵢ cᵢ₊₁ = 6 (sᵢ - sᵢ₋₁) at inner points, and cᵢ = 0 from a row's last point on.
            Tensor before = exact.narrow(1, i - 1, 1), after = exact.narrow(1, i, 1);
            (Tensor ratio, Tensor value) = eliminated[^1];
            Tensor pivot = (2.Held() * before.Plus(after)) - (before * ratio);
            Tensor jump = 6.Held() * (slopes.select(1, i) - slopes.select(1, i - 1));
            Tensor isInner = (lastIndices > i.Held()).unsqueeze(1).to(ScalarType.Float64);
            eliminated.Add((isInner * (after / pivot), isInner * ((jump - (before * value)) / pivot)));
        }

        var curvatures = new Tensor[count];
        curvatures[^1] = none;
        for (int i = eliminated.Count - 1; i >= 0; i--)
        {
            curvatures[i] = eliminated[i].Value - (eliminated[i].Ratio * curvatures[i + 1]);
        }

        return (lengths, stack(curvatures, 1).to(points.dtype));
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
