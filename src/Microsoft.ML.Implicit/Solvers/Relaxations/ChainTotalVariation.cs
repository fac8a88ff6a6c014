using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Relaxations;

/// <summary>
/// Minimises ½ Σ (uᵢ - xᵢ)² + Σ wᵢ |uᵢ₊₁ - uᵢ| exactly (Johnson, 2013, "A dynamic programming algorithm for the fused lasso and L0-segmentation"). The derivative of the
/// best cost of the first values, as a function of the last of them, is piecewise linear; an edge clips it to ±w, and where it clips bounds the value on the way back.
/// Linear time.
/// </summary>
internal static class ChainTotalVariation
{
    /// <param name="values">x, finite.</param>
    /// <param name="weights">w, one fewer, none negative.</param>
    /// <param name="solution">Receives u; neighbours of one segment are equal to the last bit.</param>
    public static void Solve(ReadOnlySpan<double> values, ReadOnlySpan<double> weights, Span<double> solution)
    {
        int last = values.Length - 1;
        if (last < 0)
        {
            return;
        }

        double largest = LargestWeight(values);
        var knots = new Knot[2 * values.Length];
        (int first, int end) = (values.Length, values.Length);
        var (lows, highs) = (new double[last], new double[last]);
        Line left = new(1, -values[0]), right = left;
        for (int i = 0; i < last; i++)
        {
            double weight = Math.Min(weights[i], largest);
            while (first < end && left.At(knots[first].Position) <= -weight)
            {
                left += knots[first++].Change;
            }

            lows[i] = left.Root(-weight);
            while (first < end && right.At(knots[end - 1].Position) >= weight)
            {
                right -= knots[--end].Change;
            }

            highs[i] = right.Root(weight);
            knots[--first] = new Knot(lows[i], left - new Line(0, -weight));
            knots[end++] = new Knot(highs[i], new Line(0, weight) - right);
            (left, right) = (new Line(1, -weight - values[i + 1]), new Line(1, weight - values[i + 1]));
        }

        while (first < end && left.At(knots[first].Position) <= 0)
        {
            left += knots[first++].Change;
        }

        solution[last] = left.Root(0);
        for (int i = last - 1; i >= 0; i--)
        {
            solution[i] = Math.Min(Math.Max(solution[i + 1], lows[i]), Math.Max(lows[i], highs[i]));
        }
    }

    /// <summary>A weight that no edge pulls with in full, so that larger ones, which would drown the values, change nothing.</summary>
    /// <param name="values">x, one at least.</param>
    public static double LargestWeight(ReadOnlySpan<double> values) => values.Length * (TensorPrimitives.Max(values) - TensorPrimitives.Min(values));

    private readonly record struct Line(double Slope, double Intercept)
    {
        public static Line operator +(Line a, Line b) => new(a.Slope + b.Slope, a.Intercept + b.Intercept);

        public static Line operator -(Line a, Line b) => new(a.Slope - b.Slope, a.Intercept - b.Intercept);

        public double At(double position) => (Slope * position) + Intercept;

        public double Root(double level) => (level - Intercept) / Slope;
    }

    private readonly record struct Knot(double Position, Line Change);
}
