namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>
/// Values at points beyond a boundary, as functions of the values at the points next to it. The polynomial through as many points as the order and through
/// the boundary condition leaves differences at least the order that a solution's error keeps.
/// </summary>
internal sealed class GhostValues
{
    /// <param name="condition">What holds at the boundary.</param>
    /// <param name="spacing">Distance of the points, below 0 where they lie below the boundary.</param>
    /// <param name="near">Points next to the boundary to look at.</param>
    /// <param name="count">Points beyond the boundary.</param>
    public GhostValues(BoundaryCondition condition, double spacing, int near, int count)
    {
        Near = near;
        Weights = new double[count][];
        Constants = new double[count];
        double[] inside = [.. Enumerable.Range(0, near).Select(i => i + 0.5)];
        for (int k = 0; k < count; k++)
        {
            double ghost = -k - 0.5;
            if (condition.IsSlope)
            {
                // The polynomial through the points, and what is 0 at all of them, so that the slope at the boundary is right.
                double bend = inside.Aggregate(1.0, (product, x) => product * (ghost - x)) / SlopeOfProduct(inside);
                double[] slopes = DifferenceWeights.Of(0, inside, 1);
                Weights[k] = [.. DifferenceWeights.Of(ghost, inside, 0).Zip(slopes, (value, slope) => value - (bend * slope))];
                Constants[k] = bend * condition.Value * spacing;
            }
            else
            {
                double[] weights = DifferenceWeights.Of(ghost, [0, .. inside], 0);
                Weights[k] = weights[1..];
                Constants[k] = weights[0] * condition.Value;
            }
        }
    }

    /// <summary>Points next to the boundary that are looked at.</summary>
    public int Near { get; }

    /// <summary>For each point beyond, from the boundary outwards, the weights of those within, from the boundary inwards.</summary>
    public double[][] Weights { get; }

    /// <summary>For each point beyond what is added.</summary>
    public double[] Constants { get; }

    // The derivative of Π (x − xᵢ) at 0.
    private static double SlopeOfProduct(double[] nodes) =>
        Enumerable.Range(0, nodes.Length).Sum(left => nodes.Where((_, i) => i != left).Aggregate(1.0, (product, x) => product * -x));
}
