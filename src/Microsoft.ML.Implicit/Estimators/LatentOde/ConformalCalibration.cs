namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Half-widths of intervals, in predicted scales, from errors on held-out data: split conformal prediction with normalised
/// scores (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, 2018). Errors of one series resemble each other, so where there
/// are enough series each counts once (Lee, Barber and Willett, "Distribution-free inference with hierarchical data", 2023).
/// </summary>
internal sealed class ConformalCalibration
{
    // Scores that a quantile should rest on; with fewer the normal distribution stands in.
    private const int FewestScores = 20;
    private const int FewestSeries = 20;

    private readonly List<(double Score, object Series)>[] _scores;

    public ConformalCalibration(int variables) => _scores = [.. Enumerable.Range(0, variables).Select(_ => new List<(double Score, object Series)>())];

    /// <param name="series">The series of the error.</param>
    /// <param name="variable">The variable.</param>
    /// <param name="error">Value less forecast.</param>
    /// <param name="scale">The predicted scale.</param>
    public void Add(object series, int variable, double error, double scale) => _scores[variable].Add((Math.Abs(error) / scale, series));

    /// <summary>The factor for each variable's scale, such that intervals hold a value with the given probability.</summary>
    public double[] Factors(double level) => [.. _scores.Select(scores => Quantile(scores, level))];

    private static double Quantile(List<(double Score, object Series)> scores, double level)
    {
        if (scores.Count < FewestScores)
        {
            return NormalDistribution.Quantile(0.5 * (1 + level));
        }

        // One more unit, of the series to be forecast, has an unknown score: the mass that it takes lies beyond all others.
        Dictionary<object, int> counts = scores.CountBy(score => score.Series).ToDictionary();
        bool isBySeries = counts.Count >= FewestSeries && level * (counts.Count + 1) <= counts.Count;
        double mass = 0;
        foreach ((double score, object series) in scores.OrderBy(score => score.Score))
        {
            mass += isBySeries ? 1.0 / (counts[series] * (counts.Count + 1.0)) : 1 / (scores.Count + 1.0);
            if (mass >= level * (1 - 1e-12))
            {
                return score;
            }
        }

        return scores.Max(score => score.Score);
    }
}
