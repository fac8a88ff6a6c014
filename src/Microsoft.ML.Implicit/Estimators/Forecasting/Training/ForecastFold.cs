namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Observations that a network does not train on.</summary>
internal abstract class ForecastFold
{
    // Below this many series, stretches of time are held out instead of series.
    private const int FewestSeries = 20;

    public abstract bool IsHeldOut(int series, int observation);

    /// <summary>Whether whole series are held out of so many, rather than stretches of time.</summary>
    public static bool HoldsOutSeries(int series) => series >= FewestSeries;

    /// <summary>Holds out parts of the data, from the series of rank 0 on, or from the end of each series.</summary>
    /// <param name="lengths">Number of observations of each series.</param>
    /// <param name="rank">Rank of each series.</param>
    /// <param name="parts">Parts, between 0 and 1.</param>
    public static ForecastFold Of(int[] lengths, int[] rank, params (double Start, double End)[] parts) =>
        HoldsOutSeries(lengths.Length)
            ? new Parts((series, _) => (rank[series] + 0.5) / rank.Length, parts)
            : new Parts((series, observation) => 1 - ((observation + 0.5) / lengths[series]), parts);

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
