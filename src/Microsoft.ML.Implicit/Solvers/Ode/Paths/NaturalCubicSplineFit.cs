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

    /// <summary>
    /// Values at all points and second derivatives there, of splines of which each channel goes through those of its values that are known. Between two points
    /// such a spline is one cubic, whatever lies between them.
    /// </summary>
    /// <param name="grid">The times.</param>
    /// <param name="values">[1 or batch, points, channels].</param>
    public static (Tensor Points, Tensor Curvatures) FitObserved(PathGrid grid, Tensor values)
    {
        values = MissingValues.EachRow(grid, values);
        Tensor isKnown = MissingValues.Observed(grid, values);
        Tensor place = HeldArithmetic.Range(0, values.shape[1], values.device).view(1, -1, 1);
        Tensor last = grid.LastPoints.view(-1, 1, 1);
        using Tensor isComplete = isKnown.logical_or(place.gt(last)).all();
        if (isComplete.item<bool>())
        {
            return (values, Fit(values, Gaps(grid.Times).to(values.dtype), grid.LastPoints).Curvatures);
        }

        // A row for each channel, with a knot where it is known and at both ends.
        (long rows, long count, long channels) = (values.shape[0], values.shape[1], values.shape[2]);
        Tensor isKnot = isKnown.logical_or(place.eq(0.Held())).logical_or(place.eq(last)).transpose(1, 2).reshape(-1, count);
        Tensor lastKnots = isKnot.sum(1).Plus((-1).Held());
        Tensor indices = place.view(1, -1);
        Tensor order = indices.Plus(isKnot.logical_not() * count.Held()).sort(1).Values.remainder(count.Held());
        order = order.gather(1, minimum(indices, lastKnots.unsqueeze(1)));
        Tensor known = MissingValues.Interpolate(grid, values).transpose(1, 2).reshape(-1, count);
        Tensor times = grid.Times.unsqueeze(1).expand(rows, channels, -1).reshape(-1, count);
        (Tensor knotTimes, Tensor knots) = (times.gather(1, order), known.gather(1, order));
        (Tensor lengths, Tensor curvatures) = Fit(knots.unsqueeze(2), Gaps(knotTimes), lastKnots);

        Tensor before = minimum(isKnot.cumsum(1).Plus((-1).Held()), lastKnots.Plus((-1).Held()).clamp_min(0.Held()).unsqueeze(1));
        Tensor after = minimum(before.Plus(1.Held()), lastKnots.unsqueeze(1));
        Tensor length = lengths.gather(1, before.clamp_max((count - 2).Held()));
        Tensor s = ((times - knotTimes.gather(1, before)) / length).to(values.dtype), rest = 1.Held().Minus(s);
        Tensor left = curvatures.squeeze(2).gather(1, before), right = curvatures.squeeze(2).gather(1, after);
        Tensor bend = (rest * (rest.Squared().Plus((-1).Held()) * left)).Plus(s * (s.Squared().Plus((-1).Held()) * right));
        Tensor points = (rest * knots.gather(1, before)).Plus(s * knots.gather(1, after)).Plus(length.Squared().to(values.dtype) / 6.Held() * bend);
        return (EachPoint(points), EachPoint((rest * left).Plus(s * right)));

        Tensor EachPoint(Tensor ofChannels) => ofChannels.view(rows, channels, count).transpose(1, 2);
    }

    private static Tensor Gaps(Tensor times) => nn.functional.pad(times.diff(dim: 1), [1, 0]);

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
