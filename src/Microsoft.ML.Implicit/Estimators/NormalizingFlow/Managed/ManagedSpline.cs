namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The spline of one feature of a <see cref="MarginalSpline"/> in managed memory. Safe to use from several threads at once.</summary>
/// <param name="positions">Knots, ascending.</param>
/// <param name="values">Value at each, ascending.</param>
/// <param name="slopes">Slope at each.</param>
internal sealed class ManagedSpline(double[] positions, double[] values, double[] slopes)
{
    /// <summary>Maps a feature to a normal one.</summary>
    /// <param name="x">The feature.</param>
    /// <returns>Its value and the log derivative there.</returns>
    public (double Value, double LogDerivative) Map(double x)
    {
        int start = Math.Clamp(FirstBeyond(x) - 1, 0, positions.Length - 2);
        double width = positions[start + 1] - positions[start];
        double height = values[start + 1] - values[start];
        double secant = height / width;
        (double slope, double endSlope) = (slopes[start], slopes[start + 1]);
        double fraction = Math.Clamp((x - positions[start]) / width, 0, 1);
        double both = fraction * (1 - fraction);
        double denominator = secant + ((endSlope + slope - (2 * secant)) * both);
        double inside = values[start] + (height * ((secant * fraction * fraction) + (slope * both)) / denominator);
        double derivative = secant * secant * ((endSlope * fraction * fraction) + (2 * secant * both) + (slope * (1 - fraction) * (1 - fraction))) / (denominator * denominator);

        // Beyond the knots the fraction is 0 or 1, the derivative that of the outermost knot, and the map linear.
        double beyond = x - Math.Clamp(x, positions[0], positions[^1]);
        return (inside + (derivative * beyond), Math.Log(derivative));
    }

    // Index of the first knot to the right of x.
    private int FirstBeyond(double x)
    {
        int low = 0, high = positions.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (positions[middle] <= x)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
