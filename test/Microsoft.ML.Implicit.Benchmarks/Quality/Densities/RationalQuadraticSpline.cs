using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>
/// A monotone rational-quadratic spline a column, the identity beyond its bound (Durkan, Bekasov, Murray and Papamakarios, Neural spline
/// flows, 2019).
/// </summary>
internal static class RationalQuadraticSpline
{
    public const int Bins = 8;

    /// <summary>Numbers that describe a spline: widths, heights and inner slopes.</summary>
    public const int ParameterCount = (3 * Bins) - 1;

    private const double Bound = 5;
    private const double SmallestShare = 1e-3;
    private const double SmallestSlope = 1e-3;

    // The number whose softplus, with the smallest slope, is one.
    private static readonly double UnitSlope = Math.Log(Math.Exp(1 - SmallestSlope) - 1);

    /// <summary>Maps values [rows, columns] by splines of parameters [rows, columns, <see cref="ParameterCount"/>].</summary>
    /// <returns>Values and the logs of derivatives, [rows, columns].</returns>
    public static (Tensor Values, Tensor LogDerivatives) Map(Tensor x, Tensor parameters)
    {
        Tensor positions = Knots(parameters.narrow(2, 0, Bins)), values = Knots(parameters.narrow(2, Bins, Bins));
        Tensor inner = SmallestSlope + nn.functional.softplus(parameters.narrow(2, 2 * Bins, Bins - 1) + UnitSlope);
        Tensor one = ones_like(inner.narrow(2, 0, 1));
        Tensor slopes = cat([one, inner, one], 2);
        Tensor clamped = x.clamp(-Bound, Bound);
        Tensor bin = (positions.le(clamped.unsqueeze(2)).sum(2, keepdim: true) - 1).clamp(0, Bins - 1);
        Tensor left = At(positions, bin), low = At(values, bin), slope = At(slopes, bin), nextSlope = At(slopes, bin + 1);
        Tensor width = At(positions, bin + 1) - left, height = At(values, bin + 1) - low, secant = height / width;

        // Equations 4 and 5.
        Tensor share = ((clamped - left) / width).clamp(0, 1), both = share * (1 - share);
        Tensor denominator = secant + ((nextSlope + slope - (2 * secant)) * both);
        Tensor mapped = low + (height * ((secant * share.square()) + (slope * both)) / denominator);
        Tensor derivative = secant.square() * ((nextSlope * share.square()) + (2 * secant * both) + (slope * (1 - share).square())) / denominator.square();
        Tensor isInside = x.abs().lt(Bound);
        return (where(isInside, mapped, x), where(isInside, derivative.log(), zeros_like(x)));
    }

    private static Tensor At(Tensor knots, Tensor bin) => knots.gather(2, bin).squeeze(2);

    // Edges of bins whose shares of the whole are a softmax.
    private static Tensor Knots(Tensor logits)
    {
        Tensor shares = SmallestShare + ((1 - (SmallestShare * Bins)) * logits.softmax(2));
        Tensor ends = ((2 * Bound) * shares.cumsum(2)) - Bound;
        return cat([full_like(ends.narrow(2, 0, 1), -Bound), ends.narrow(2, 0, Bins - 1), full_like(ends.narrow(2, 0, 1), Bound)], 2);
    }
}
