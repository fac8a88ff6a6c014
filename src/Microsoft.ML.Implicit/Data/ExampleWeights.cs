namespace Microsoft.ML.Implicit.Data;

/// <summary>Example weights, of which only the proportions count.</summary>
internal static class ExampleWeights
{
    // Next to the largest weight, less than this is nothing in float32.
    private const double SmallestWeight = 1e-30;

    /// <summary>Weights of mean 1, whatever their unit, and the examples that have one.</summary>
    /// <param name="weights">Weights above 0, one an example, at least one.</param>
    public static (int[] Examples, float[] Weights) Normalize(IReadOnlyList<double> weights)
    {
        double smallest = SmallestWeight * weights.Max();
        int[] examples = [.. Enumerable.Range(0, weights.Count).Where(example => weights[example] >= smallest)];
        double mean = examples.Average(example => weights[example]);
        return (examples, Array.ConvertAll(examples, example => (float)(weights[example] / mean)));
    }
}
