namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Half-widths of intervals, in predicted scales, from errors on held-out data: split conformal prediction with normalised
/// scores (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, 2018). Errors of one series resemble each other, so each series
/// counts once, whatever its length (Lee, Barber and Willett, "Distribution-free inference with hierarchical data", 2023),
/// and the correction for finite samples takes the number of independent scores that are worth the scores there are
/// (Kish, "Survey sampling", 1965). With few series each stretch as long as the horizon takes the part of a series.
/// </summary>
internal sealed class ConformalCalibration
{
    // Scores that a quantile should rest on; with fewer the normal distribution stands in.
    private const int FewestScores = 20;
    private const int FewestSeries = 20;

    private readonly List<Entry>[] _scores;

    public ConformalCalibration(int variables) => _scores = [.. Enumerable.Range(0, variables).Select(_ => new List<Entry>())];

    /// <summary>Takes in the error of a forecast.</summary>
    /// <param name="series">The series of the error.</param>
    /// <param name="stretch">Number of its stretch of the series.</param>
    /// <param name="variable">The variable.</param>
    /// <param name="error">Value less forecast.</param>
    /// <param name="scale">The predicted scale.</param>
    public void Add(object series, long stretch, int variable, double error, double scale) =>
        _scores[variable].Add(new Entry(series, stretch, Math.Abs(error) / scale));

    /// <summary>The factor for each variable's scale, such that intervals hold a value with the given probability.</summary>
    public double[] Factors(double level) => [.. _scores.Select(scores => Factor(scores, level))];

    private static double Factor(List<Entry> scores, double level)
    {
        if (scores.Count < FewestScores)
        {
            return NormalDistribution.Quantile(0.5 * (1 + level));
        }

        bool hasSeries = scores.Select(score => score.Series).Distinct().Count() >= FewestSeries;
        Entry[][] units = [.. scores.GroupBy(score => (score.Series, hasSeries ? 0 : score.Stretch)).Select(unit => unit.ToArray())];
        (double Score, double Weight)[] ordered = [.. units.SelectMany(unit => unit.Select(entry => (entry.Score, 1.0 / (unit.Length * units.Length)))).OrderBy(score => score.Item1)];

        // The score to come is one more, and unknown: the mass that it takes lies beyond all others.
        double worth = EffectiveCount(units, scores.Count, Quantile(ordered, level));
        return Quantile(ordered, level * (worth + 1) / worth);
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
    // where those of a unit are unrelated, the number of units where they are alike.
    private static double EffectiveCount(Entry[][] units, int count, double threshold)
    {
        double[] fractions = [.. units.Select(unit => unit.Count(entry => entry.Score > threshold) / (double)unit.Length)];
        double mean = fractions.Average();
        double variance = fractions.Sum(fraction => (fraction - mean) * (fraction - mean)) / Math.Max(1, units.Length - 1);
        return variance > 0 ? Math.Clamp(mean * (1 - mean) * units.Length / variance, units.Length, count) : units.Length;
    }

    private readonly record struct Entry(object Series, long Stretch, double Score);
}
