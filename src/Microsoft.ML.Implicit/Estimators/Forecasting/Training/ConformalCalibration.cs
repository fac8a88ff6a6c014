namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Half-widths of intervals, in predicted scales, from errors on held-out data: split conformal prediction with normalised
/// scores (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, 2018). Errors of one series resemble each other, so each series
/// counts once, whatever its length (Lee, Barber and Willett, "Distribution-free inference with hierarchical data", 2023),
/// and the correction for finite samples takes the number of independent scores that are worth the scores there are
/// (Kish, "Survey sampling", 1965). With few series each stretch as long as the horizon takes the part of a series. Where
/// their values drift, what is to come resembles late stretches more, which then outweigh early ones (Barber, Candès,
/// Ramdas and Tibshirani, "Conformal prediction beyond exchangeability", 2023).
/// </summary>
internal sealed class ConformalCalibration
{
    // Scores that a quantile should rest on; with fewer the normal distribution stands in.
    private const int FewestScores = 20;

    // Part of a drifting series after which a stretch counts half.
    private const double HalfLife = 1.0 / 3;

    private readonly bool _countsSeries;
    private readonly bool[] _drifts;
    private readonly List<Entry>[] _scores;

    /// <param name="countsSeries">Whether series are the units that vary, rather than stretches of time.</param>
    /// <param name="drifts">Whether each variable leaves its past values behind.</param>
    public ConformalCalibration(bool countsSeries, params bool[] drifts)
    {
        (_countsSeries, _drifts) = (countsSeries, drifts);
        _scores = [.. drifts.Select(_ => new List<Entry>())];
    }

    /// <summary>Takes in the error of a forecast.</summary>
    /// <param name="series">The series of the error.</param>
    /// <param name="stretch">Number of its stretch of the series.</param>
    /// <param name="variable">The variable.</param>
    /// <param name="error">Value less forecast.</param>
    /// <param name="scale">The predicted scale.</param>
    public void Add(object series, long stretch, int variable, double error, double scale) =>
        _scores[variable].Add(new Entry(series, stretch, Math.Abs(error) / scale));

    /// <summary>The factor for each variable's scale, such that intervals hold a value with the given probability.</summary>
    public double[] Factors(double level) => [.. _scores.Zip(_drifts, (scores, drifts) => Factor(scores, drifts, level))];

    private double Factor(List<Entry> scores, bool drifts, double level)
    {
        if (scores.Count < FewestScores)
        {
            return NormalDistribution.Quantile(0.5 * (1 + level));
        }

        Unit[] units = [.. ToUnits(scores, drifts)];
        double total = units.Sum(unit => unit.Weight);
        (double Score, double Weight)[] ordered = [.. units.SelectMany(unit => unit.Scores.Select(score => (Score: score, unit.Weight / (total * unit.Scores.Length)))).OrderBy(entry => entry.Score)];

        // The score to come is one more, and unknown: the mass that it takes lies beyond all others.
        double worth = EffectiveCount(units, scores.Count, Quantile(ordered, level));
        return Quantile(ordered, level * (worth + 1) / worth);
    }

    private IEnumerable<Unit> ToUnits(List<Entry> scores, bool drifts)
    {
        IGrouping<object, Entry>[] series = [.. scores.GroupBy(score => score.Series)];
        if (_countsSeries)
        {
            return series.Select(entries => new Unit([.. entries.Select(entry => entry.Score)], 1));
        }

        return series.SelectMany(entries =>
        {
            (long first, long last) = (entries.Min(entry => entry.Stretch), entries.Max(entry => entry.Stretch));
            return entries.GroupBy(entry => entry.Stretch).Select(stretch => new Unit(
                [.. stretch.Select(entry => entry.Score)],
                drifts ? Math.Pow(2, (stretch.Key - last) / (HalfLife * (last - first + 1))) : 1));
        });
    }

    // The smallest score with the given mass up to it; the largest where there is less.
    private static double Quantile((double Score, double Weight)[] ordered, double level)
    {
        double mass = 0;
        foreach ((double score, double weight) in ordered)
        {
            mass += weight;
            if (mass >= level * (1 - 1e-12))
            {
                return score;
            }
        }

        return ordered[^1].Score;
    }

    // Independent scores among which the fraction beyond a threshold would vary as much as it does between units: all scores
    // where those of a unit are unrelated, the number of units where they are alike. Unequal weights make them fewer.
    private static double EffectiveCount(Unit[] units, int count, double threshold)
    {
        double[] fractions = [.. units.Select(unit => unit.Scores.Count(score => score > threshold) / (double)unit.Scores.Length)];
        double mean = fractions.Average();
        double variance = fractions.Sum(fraction => (fraction - mean) * (fraction - mean)) / Math.Max(1, units.Length - 1);
        double total = units.Sum(unit => unit.Weight);
        double equal = total * total / (units.Length * units.Sum(unit => unit.Weight * unit.Weight));
        return equal * (variance > 0 ? Math.Clamp(mean * (1 - mean) * units.Length / variance, units.Length, count) : units.Length);
    }

    private readonly record struct Entry(object Series, long Stretch, double Score);

    // Scores that count as one.
    private readonly record struct Unit(double[] Scores, double Weight);
}
