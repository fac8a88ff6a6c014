namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Narrows down a minimum of a function of one number by golden sections (Kiefer, 1953): one evaluation a step.</summary>
internal static class GoldenSection
{
    private static readonly double Ratio = (Math.Sqrt(5) - 1) / 2;

    /// <summary>Finds a minimum; the only one of a function that falls and then rises.</summary>
    /// <param name="function">The function.</param>
    /// <param name="lower">Where the minimum lies beyond.</param>
    /// <param name="upper">Where it lies before.</param>
    /// <param name="steps">Steps, each of which leaves 0.618 of the interval.</param>
    /// <returns>The middle of what is left.</returns>
    public static double Minimize(Func<double, double> function, double lower, double upper, int steps)
    {
        double left = upper - (Ratio * (upper - lower)), right = lower + (Ratio * (upper - lower));
        double leftValue = function(left), rightValue = function(right);
        for (int step = 0; step < steps; step++)
        {
            if (leftValue < rightValue)
            {
                (upper, right, rightValue) = (right, left, leftValue);
                left = upper - (Ratio * (upper - lower));
                leftValue = function(left);
            }
            else
            {
                (lower, left, leftValue) = (left, right, rightValue);
                right = lower + (Ratio * (upper - lower));
                rightValue = function(right);
            }
        }

        return (lower + upper) / 2;
    }
}
