namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the networks of an ensemble do not train on.</summary>
/// <param name="Networks">What each network does not train on.</param>
/// <param name="Shared">The part of it that none trains on.</param>
internal sealed record ForecastDivision(IReadOnlyList<ForecastFold> Networks, ForecastFold Shared)
{
    private const double ShareOfSingleNetwork = 1.0 / 5;
    private const double LargestShare = 1.0 / 3;
    private const double SharedPart = 1.0 / 4;
    private const int ManySeries = 500;

    /// <summary>
    /// Networks by default: the more there are, the fewer series each holds out, which counts where they are few. Where stretches of
    /// time are held out, bounds rest on the errors of single networks, and would be too wide for the mean of many.
    /// </summary>
    public static int DefaultMembers(int series) => ForecastFold.HoldsOutSeries(series) && series < ManySeries ? 5 : 3;

    /// <summary>Holds out a part of its own for each network, and with many series one part for all.</summary>
    /// <param name="lengths">Number of observations of each series.</param>
    /// <param name="members">Networks.</param>
    /// <param name="fraction">Fraction that each network holds out, or <see langword="null"/> for a third, less with more than three networks, and a fifth with one.</param>
    /// <param name="random">Source of the division.</param>
    public static ForecastDivision Divide(int[] lengths, int members, double? fraction, Random random)
    {
        double share = members == 1 ? fraction ?? ShareOfSingleNetwork : Math.Min(fraction ?? LargestShare, 1.0 / members);
        double shared = lengths.Length * SharedPart * share >= EnsembleCalibration.FewestUnseenSeries ? SharedPart * share : 0;
        double own = share - shared;
        int[] rank = [.. Enumerable.Range(0, lengths.Length)];
        random.Shuffle(rank);
        (double, double) last = (members * own, (members * own) + shared);
        return new ForecastDivision(
            [.. Enumerable.Range(0, members).Select(member => ForecastFold.Of(lengths, rank, (member * own, (member + 1) * own), last))],
            ForecastFold.Of(lengths, rank, last));
    }

    /// <summary>Holds out given series of all networks: those from a certain one on.</summary>
    public static ForecastDivision After(int trainingSeries, int members) =>
        new([.. Enumerable.Repeat(ForecastFold.After(trainingSeries), members)], ForecastFold.After(trainingSeries));
}
