using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What the networks of an ensemble do not train on.</summary>
/// <param name="Networks">What each network does not train on.</param>
/// <param name="Shared">The part of it that none trains on.</param>
/// <param name="CountsSeries">Whether whole series are held out, and are the units that errors vary between, rather than stretches of time as long as the horizon.</param>
internal sealed record ForecastDivision(IReadOnlyList<ForecastFold> Networks, ForecastFold Shared, bool CountsSeries)
{
    // From the first number of series on, these are held out however long they are, and below the other one never.
    private const int ManySeriesToHoldOut = 20;
    private const int FewestSeriesToHoldOut = 5;

    private const double ShareOfSingleNetwork = 1.0 / 5;
    private const double LargestShare = 1.0 / 3;
    private const double SharedPart = 1.0 / 4;
    private const int ManySeries = 500;

    /// <summary>
    /// Whether to hold out whole series: where they are many, or at least no fewer than the stretches of a series. A network that has not seen
    /// a stretch of any series knows nothing of what happens there, such as how a dose is taken up.
    /// </summary>
    /// <param name="series">Number of series.</param>
    /// <param name="stretches">Length of a series, in horizons.</param>
    public static bool HoldsOutSeries(int series, double stretches) =>
        series >= ManySeriesToHoldOut || (series >= FewestSeriesToHoldOut && Durations.IsWithin(stretches, series));

    /// <summary>
    /// Networks by default: the more there are, the fewer series each holds out, which counts where they are few. Where stretches of
    /// time are held out, bounds rest on the errors of single networks, and would be too wide for the mean of many.
    /// </summary>
    public static int DefaultMembers(int series, bool holdsOutSeries) => holdsOutSeries && series < ManySeries ? 5 : 3;

    /// <summary>Holds out a part of its own for each network, and with many series one part for all.</summary>
    /// <param name="lengths">Number of observations of each series.</param>
    /// <param name="members">Networks.</param>
    /// <param name="fraction">Fraction that each network holds out, or <see langword="null"/> for a third, less with more than three networks, and a fifth with one.</param>
    /// <param name="holdsOutSeries">Whether whole series are held out.</param>
    /// <param name="random">Source of the division.</param>
    public static ForecastDivision Divide(int[] lengths, int members, double? fraction, bool holdsOutSeries, Random random)
    {
        double share = members == 1 ? fraction ?? ShareOfSingleNetwork : Math.Min(fraction ?? LargestShare, 1.0 / members);
        double shared = lengths.Length * SharedPart * share >= EnsembleCalibration.FewestUnseenSeries ? SharedPart * share : 0;
        double own = share - shared;
        int[] rank = [.. Enumerable.Range(0, lengths.Length)];
        random.Shuffle(rank);
        (double, double) last = (members * own, (members * own) + shared);
        ForecastFold Fold(params (double Start, double End)[] parts) => holdsOutSeries ? ForecastFold.OfSeries(rank, parts) : ForecastFold.OfStretches(lengths, parts);
        return new ForecastDivision([.. Enumerable.Range(0, members).Select(member => Fold((member * own, (member + 1) * own), last))], Fold(last), holdsOutSeries);
    }

    /// <summary>Holds out given series of all networks: those from a certain one on.</summary>
    public static ForecastDivision After(int trainingSeries, int members, bool countsSeries) =>
        new([.. Enumerable.Repeat(ForecastFold.After(trainingSeries), members)], ForecastFold.After(trainingSeries), countsSeries);
}
