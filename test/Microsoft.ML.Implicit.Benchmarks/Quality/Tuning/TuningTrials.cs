namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tuning;

/// <summary>Which models are trained, and with which seeds.</summary>
/// <param name="First">The first seed.</param>
/// <param name="Count">Number of seeds.</param>
/// <param name="Only">Names of models; all where there are none.</param>
internal sealed record TuningTrials(int First, int Count, IReadOnlyCollection<string> Only)
{
    public IEnumerable<int> Seeds => Enumerable.Range(First, Count);

    public bool Includes(string model) => Only.Count == 0 || Only.Contains(model);
}
