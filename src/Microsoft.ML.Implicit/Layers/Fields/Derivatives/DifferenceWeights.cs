namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>Derivatives of the polynomial through given points: Fornberg, "Generation of finite difference formulas on arbitrarily spaced grids", 1988.</summary>
internal static class DifferenceWeights
{
    /// <summary>Weights of the values at nodes in a derivative.</summary>
    /// <param name="at">Where.</param>
    /// <param name="nodes">Different nodes.</param>
    /// <param name="derivative">0 for the value.</param>
    public static double[] Of(double at, ReadOnlySpan<double> nodes, int derivative)
    {
        double[,] weights = new double[nodes.Length, derivative + 1];
        weights[0, 0] = 1;
        double product = 1;
        for (int i = 1; i < nodes.Length; i++)
        {
            double next = 1;
            for (int j = 0; j < i; j++)
            {
                double distance = nodes[i] - nodes[j];
                next *= distance;
                for (int m = Math.Min(i, derivative); j == i - 1 && m >= 0; m--)
                {
                    double lower = m > 0 ? m * weights[j, m - 1] : 0;
                    weights[i, m] = product / next * (lower - ((nodes[j] - at) * weights[j, m]));
                }

                for (int m = Math.Min(i, derivative); m >= 0; m--)
                {
                    double lower = m > 0 ? m * weights[j, m - 1] : 0;
                    weights[j, m] = (((nodes[i] - at) * weights[j, m]) - lower) / distance;
                }
            }

            product = next;
        }

        return [.. Enumerable.Range(0, nodes.Length).Select(i => weights[i, derivative])];
    }
}
