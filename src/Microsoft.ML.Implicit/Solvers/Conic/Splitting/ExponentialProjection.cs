namespace Microsoft.ML.Implicit.Solvers.Conic.Splitting;

/// <summary>
/// Projections onto the exponential cone, y exp(x / y) ≤ z, and onto its polar, by one number (Friberg, 2023): for every ρ, s = α(ρ) (ρ, 1, exp ρ) and z = β(ρ) (−1, ρ − 1, exp −ρ) are
/// complementary, and s − z has the first two entries of what is split; in the third it grows with ρ.
/// </summary>
internal static class ExponentialProjection
{
    private const int MaximumIterations = 100;
    private const double Precision = 1e-15;

    // Beyond, a term of the third entry is nothing or all of it, and its exponential must stay finite.
    private const double LargestExponent = 300;

    /// <summary>Splits v = s − z into s in the cone and z in its dual with sᵀz = 0.</summary>
    /// <param name="v">What is split, in place of which s is given.</param>
    /// <param name="z">Receives z.</param>
    public static void Split(Span<double> v, Span<double> z)
    {
        (double x, double y, double top) = (v[0], v[1], v[2]);
        if (x <= 0 && y <= 0)
        {
            (v[1], v[2]) = (0, Math.Max(top, 0));
            (z[0], z[1], z[2]) = (0, -y, Math.Max(-top, 0));
        }
        else if (y > 0 && y * Math.Exp(x / y) <= top)
        {
            z.Clear();
        }
        else if (x > 0 && x * Math.Exp((y / x) - 1) <= -top)
        {
            v.Clear();
            (z[0], z[1], z[2]) = (-x, -y, -top);
        }
        else
        {
            // The smaller of the third entries is that of its formula, and what is large beside it follows: both stay on the boundary however large the exponential is.
            double ratio = Root(x, y, top), size = Size(ratio), decay = Math.Exp(-Math.Abs(ratio));
            double alpha = Math.Max((((ratio - 1) * x) + y) / size, 0), beta = Math.Max((x - (ratio * y)) / size, 0);
            double slack = ratio < 0 ? alpha * decay : Math.Max(top + (beta * decay), 0), multiplier = ratio < 0 ? Math.Max(slack - top, 0) : beta * decay;
            (alpha, beta) = ratio < 0 ? (alpha, multiplier * decay) : (slack * decay, beta);
            (v[0], v[1], v[2]) = (alpha * ratio, alpha, slack);
            (z[0], z[1], z[2]) = (-beta, beta * (ratio - 1), multiplier);
        }
    }

    // Where the third entry is z, between the numbers at which α and β vanish: by Newton's method, and by halves where that is slow.
    private static double Root(double x, double y, double z)
    {
        double low = x > 0 ? 1 - (y / x) : double.NegativeInfinity, high = y > 0 ? x / y : double.PositiveInfinity;
        double ratio = double.IsInfinity(low) ? high - 1 : double.IsInfinity(high) ? low + 1 : Middle(low, high);
        for (double reach = 1; double.IsInfinity(low); reach *= 2)
        {
            (low, high, ratio) = Excess(ratio, x, y, z, out _) > 0 ? (low, ratio, ratio - reach) : (ratio, high, ratio);
        }

        for (double reach = 1; double.IsInfinity(high); reach *= 2)
        {
            (low, high, ratio) = Excess(ratio, x, y, z, out _) < 0 ? (ratio, high, ratio + reach) : (low, ratio, ratio);
        }

        double last = high - low;
        for (int i = 0; i < MaximumIterations && last > Precision * (1 + Math.Abs(ratio)); i++)
        {
            double excess = Excess(ratio, x, y, z, out double slope), step = excess / slope, next = ratio - step;
            (low, high) = excess > 0 ? (low, ratio) : (ratio, high);
            next = next > low && next < high && 2 * Math.Abs(step) < last ? next : Middle(low, high);
            (last, ratio) = (Math.Abs(next - ratio), next);
        }

        return ratio;
    }

    // Of numbers that may differ by orders of magnitude. Where they hardly differ any more, the rounding of functions would keep the halves from meeting.
    private static double Middle(double low, double high) =>
        high - low <= 1 + Math.Min(Math.Abs(low), Math.Abs(high)) ? (low + high) / 2 : Math.Sinh((Math.Asinh(low) + Math.Asinh(high)) / 2);

    private static double Excess(double ratio, double x, double y, double z, out double slope)
    {
        double size = Size(ratio), change = ((2 * ratio) - 1) / size, exponential = Math.Exp(Math.Clamp(ratio, -LargestExponent, LargestExponent));
        double up = exponential / size, down = 1 / (exponential * size), primal = ((ratio - 1) * x) + y, dual = x - (ratio * y);
        slope = (up * (x + (primal * (1 - change)))) + (down * (y + (dual * (1 + change))));
        return (up * primal) - (down * dual) - z;
    }

    private static double Size(double ratio) => 1 + (ratio * (ratio - 1));
}
