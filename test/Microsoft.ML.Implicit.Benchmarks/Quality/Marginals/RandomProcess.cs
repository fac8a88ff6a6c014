namespace Microsoft.ML.Implicit.Benchmarks.Quality.Marginals;

/// <summary>A process with a known law.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimension">Number of variables that are observed.</param>
/// <param name="End">Last time.</param>
/// <param name="Draw">A path at given times, [variables][times].</param>
internal sealed record RandomProcess(string Name, int Dimension, double End, Func<Random, double[], double[][]> Draw)
{
    /// <summary>Observations of a training series, equally spaced from 0 to the end.</summary>
    public const int Observations = 41;

    // Standard deviation of the noise of an observation.
    private const double Noise = 0.01;

    /// <summary>Observations of a path, [variables][times].</summary>
    public double[][] Observe(Random random, double[] times) =>
        [.. Draw(random, times).Select(values => values.Select(value => value + (Noise * random.NextNormal())).ToArray())];
}
