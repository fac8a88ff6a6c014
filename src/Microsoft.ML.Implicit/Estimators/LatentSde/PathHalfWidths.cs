using Microsoft.ML.Implicit.Layers.LatentSde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Half-widths, in predicted scales, of the intervals that hold simulated values with a given probability: those of the normal distribution only where the values have one.</summary>
internal static class PathHalfWidths
{
    private const int MostExamples = 128;
    private const int Paths = 16;

    /// <param name="networks">The ensemble.</param>
    /// <param name="builder">Builds batches.</param>
    /// <param name="examples">Examples of which some are simulated; their targets need not be known.</param>
    /// <param name="level">The probability.</param>
    /// <returns>A half-width for each variable.</returns>
    public static double[] Measure(LatentSdeNetwork[] networks, ForecastBatchBuilder builder, IReadOnlyList<ForecastExample> examples, double level)
    {
        int stride = 1 + ((examples.Count - 1) / MostExamples);
        ForecastExample[] asked = [.. examples.Where((_, i) => i % stride == 0)];
        float[] deviations = new PathDeviations(networks, builder).Of(asked, Paths, BrownianPath.Seeds(0, asked.Length));
        int variables = asked[0].Series.Values.Length / asked[0].Series.Count, targets = asked.Max(example => example.TargetTimes.Length);
        return [.. Enumerable.Range(0, variables).Select(v =>
        {
            double[] ordered = [.. asked.SelectMany((example, row) => Enumerable.Range(0, example.TargetTimes.Length * Paths).Select(i => (double)Math.Abs(deviations[(((row * targets * Paths) + i) * variables) + v]))).Order()];
            return ordered[Math.Min((int)(level * ordered.Length), ordered.Length - 1)];
        })];
    }
}
