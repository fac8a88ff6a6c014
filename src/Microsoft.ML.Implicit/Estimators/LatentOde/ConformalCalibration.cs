namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Half-widths of intervals, in predicted scales, from errors on held-out data (split conformal prediction with
/// normalised scores; Lei, G'Sell, Rinaldo, Tibshirani and Wasserman, 2018).
/// </summary>
internal sealed class ConformalCalibration
{
    // Scores that a quantile should rest on; fewer are helped by the normal distribution.
    private const int FewestScores = 20;

    private readonly List<double>[] _scores;

    public ConformalCalibration(int variables) => _scores = [.. Enumerable.Range(0, variables).Select(_ => new List<double>())];

    public void Add(int variable, double error, double scale) => _scores[variable].Add(Math.Abs(error) / scale);

    /// <summary>The factor for each variable's scale, such that intervals hold a value with the given probability.</summary>
    public double[] Factors(double level) => [.. _scores.Select(scores => Quantile(scores, level))];

    private static double Quantile(List<double> scores, double level)
    {
        if (scores.Count < FewestScores)
        {
            return NormalDistribution.Quantile(0.5 * (1 + level));
        }

        scores.Sort();
        int rank = (int)Math.Ceiling((scores.Count + 1) * level);
        return scores[Math.Min(rank, scores.Count) - 1];
    }
}
