namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Observations that a network does not train on.</summary>
internal abstract class ForecastFold
{
    public abstract bool IsHeldOut(int series, int observation);

    /// <summary>Holds out whole series, by their ranks.</summary>
    /// <param name="rank">Rank of each series.</param>
    /// <param name="parts">Parts, between 0 and 1.</param>
    public static ForecastFold OfSeries(int[] rank, params (double Start, double End)[] parts) => new Parts((series, _) => (rank[series] + 0.5) / rank.Length, parts);

    /// <summary>Holds out stretches of time, counted from the end of each series.</summary>
    /// <param name="lengths">Number of observations of each series.</param>
    /// <param name="parts">Parts, between 0 and 1.</param>
    public static ForecastFold OfStretches(int[] lengths, params (double Start, double End)[] parts) =>
        new Parts((series, observation) => 1 - ((observation + 0.5) / lengths[series]), parts);

    /// <summary>Holds out all series from a certain one on.</summary>
    public static ForecastFold After(int trainingSeries) => new Given(trainingSeries);

    private sealed class Given(int trainingSeries) : ForecastFold
    {
        public override bool IsHeldOut(int series, int observation) => series >= trainingSeries;
    }

    private sealed class Parts(Func<int, int, double> place, (double Start, double End)[] parts) : ForecastFold
    {
        public override bool IsHeldOut(int series, int observation)
        {
            double at = place(series, observation);
            return Array.Exists(parts, part => at >= part.Start && at < part.End);
        }
    }
}
