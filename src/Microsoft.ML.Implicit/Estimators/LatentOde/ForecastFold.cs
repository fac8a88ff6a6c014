namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Which observations one network of an ensemble does not train on.</summary>
internal abstract class ForecastFold
{
    // Below this many series, stretches of time are held out instead of series.
    private const int FewestSeries = 20;
    private const double ShareOfSingleNetwork = 1.0 / 5;
    private const double LargestShare = 1.0 / 3;

    public abstract bool IsHeldOut(int series, int observation);

    /// <summary>Whether whole series are held out of so many, rather than stretches of time.</summary>
    public static bool HoldsOutSeries(int series) => series >= FewestSeries;

    /// <summary>
    /// One fold a network. Each holds out a part of its own, and three or more together everything, so that errors on what
    /// a network did not see are known of all series (cross-conformal prediction, Vovk, 2015).
    /// </summary>
    /// <param name="lengths">Number of observations of each series.</param>
    /// <param name="members">Networks.</param>
    /// <param name="fraction">Fraction to hold out, or <see langword="null"/> for a third, less with more than three networks, and a fifth with one.</param>
    /// <param name="random">Source of the division.</param>
    public static ForecastFold[] Divide(int[] lengths, int members, double? fraction, Random random)
    {
        double share = members == 1 ? fraction ?? ShareOfSingleNetwork : Math.Min(fraction ?? LargestShare, 1.0 / members);
        if (share == 0)
        {
            return [.. Enumerable.Range(0, members).Select(_ => new Nothing())];
        }

        if (HoldsOutSeries(lengths.Length))
        {
            int[] rank = [.. Enumerable.Range(0, lengths.Length)];
            random.Shuffle(rank);
            int First(int member) => (int)Math.Round(member * share * lengths.Length);
            return [.. Enumerable.Range(0, members).Select(member => new WholeSeries(rank, First(member), Math.Max(First(member) + 1, First(member + 1))))];
        }

        return [.. Enumerable.Range(0, members).Select(member => new Stretch(lengths, 1 - ((member + 1) * share), 1 - (member * share)))];
    }

    /// <summary>Folds that hold out given series: all from a certain one on.</summary>
    public static ForecastFold[] After(int trainingSeries, int members) =>
        [.. Enumerable.Range(0, members).Select(_ => new Given(trainingSeries))];

    private sealed class Given(int trainingSeries) : ForecastFold
    {
        public override bool IsHeldOut(int series, int observation) => series >= trainingSeries;
    }

    private sealed class Nothing : ForecastFold
    {
        public override bool IsHeldOut(int series, int observation) => false;
    }

    private sealed class WholeSeries(int[] rank, int first, int end) : ForecastFold
    {
        public override bool IsHeldOut(int series, int observation) => rank[series] >= first && rank[series] < end;
    }

    private sealed class Stretch(int[] lengths, double start, double end) : ForecastFold
    {
        public override bool IsHeldOut(int series, int observation)
        {
            double place = (observation + 0.5) / lengths[series];
            return place >= start && place < end;
        }
    }
}
