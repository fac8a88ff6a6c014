namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>The distance to the k-th nearest training row (Ramaswamy, Rastogi and Shim, Efficient algorithms for mining outliers, 2000).</summary>
internal static class NearestNeighbours
{
    private const int Count = 5;

    public static double[] Score(double[][] train, double[][] test) => [.. Neighbours.Find(test, train, Count).Select(found => found[^1].Distance)];
}
