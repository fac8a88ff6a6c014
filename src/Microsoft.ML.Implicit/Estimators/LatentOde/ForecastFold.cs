namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Which observations one network of an ensemble does not train on.</summary>
internal abstract class ForecastFold
{
    // Below this many series, stretches of time are held out instead of series.
    private const int FewestSeries = 20;
    private const int FewestFolds = 5;

    public abstract bool IsHeldOut(int series, int observation);

    /// <summary>Whether whole series are held out of so many, rather than stretches of time.</summary>
    public static bool HoldsOutSeries(int series) => series >= FewestSeries;

    /// <summary>One fold a network. Each holds out a part of its own.</summary>
    /// <param name="lengths">Number of observations of each series.</param>
    /// <param name="members">Networks.</param>
    /// <param name="fraction">Fraction to hold out, or <see langword="null"/> for a fifth, or less with more than five networks.</param>
    /// <param name="random">Source of the division.</param>
    public static ForecastFold[] Divide(int[] lengths, int members, double? fraction, Random random)
    {
        double share = Math.Min(fraction ?? 1.0 / FewestFolds, 1.0 / Math.Max(members, 1));
        share = members == 1 && fraction is { } given ? given : share;
        if (share == 0)
        {
            return [.. Enumerable.Range(0, members).Select(_ => new Nothing())];
        }

        if (HoldsOutSeries(lengths.Length))
        {
            int[] rank = [.. Enumerable.Range(0, lengths.Length)];
            random.Shuffle(rank);
            int size = Math.Max(1, (int)Math.Round(share * lengths.Length));
            return [.. Enumerable.Range(0, members).Select(member => new WholeSeries(rank, member * size, (member + 1) * size))];
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
