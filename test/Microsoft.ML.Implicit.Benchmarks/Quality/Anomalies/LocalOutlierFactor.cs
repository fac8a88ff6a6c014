namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>The density about a row's neighbours over that about itself (Breunig, Kriegel, Ng and Sander, LOF, 2000).</summary>
internal static class LocalOutlierFactor
{
    private const int Count = 20;

    // Of rows that coincide with their neighbours.
    private const double SmallestReach = 1e-10;

    public static double[] Score(double[][] train, double[][] test)
    {
        (int Row, double Distance)[][] own = Neighbours.Find(train, train, Count, areSame: true);
        double[] radii = [.. own.Select(found => found[^1].Distance)];
        double[] densities = [.. own.Select(Density)];
        return [.. Neighbours.Find(test, train, Count).Select(found => found.Average(neighbour => densities[neighbour.Row]) / Density(found))];

        // Definition 6: one over the mean reachability distance.
        double Density((int Row, double Distance)[] found) =>
            1 / (found.Average(neighbour => Math.Max(neighbour.Distance, radii[neighbour.Row])) + SmallestReach);
    }
}
