namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>The pair (s, z) with s ∘ z = μe and a given difference.</summary>
internal static class CentralPath
{
    /// <summary>The eigenvalues of s and z where that of s − z is given: (±u + √(u² + 4μ)) / 2, without cancellation.</summary>
    public static (double Slack, double Multiplier) Pair(double difference, double mu)
    {
        double sum = Math.Abs(difference) + Math.Sqrt((difference * difference) + (4 * mu));
        double larger = sum / 2, smaller = 2 * mu / sum;
        return difference < 0 ? (smaller, larger) : (larger, smaller);
    }
}
