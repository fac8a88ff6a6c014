namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Sums up errors of forecasts of one variable at one horizon.</summary>
/// <param name="confidenceLevel">Probability that the bounds stand for.</param>
internal sealed class ForecastErrors(double confidenceLevel)
{
    private readonly double _quantile = NormalDistribution.Quantile(0.5 * (1 + confidenceLevel));
    private long _count;
    private double _squares;
    private double _magnitudes;
    private double _scores;
    private double _inside;
    private double _widths;

    /// <param name="actual">The value; a missing one is left out.</param>
    /// <param name="forecast">Its forecast; a missing one is left out.</param>
    /// <param name="lower">Lower bound, or NaN.</param>
    /// <param name="upper">Upper bound, or NaN.</param>
    public void Add(double actual, double forecast, double lower, double upper)
    {
        if (!double.IsFinite(actual) || !double.IsFinite(forecast))
        {
            return;
        }

        double error = actual - forecast;
        _count++;
        _squares += error * error;
        _magnitudes += Math.Abs(error);
        _scores += Score(error, (upper - lower) / (2 * _quantile));
        _inside += double.IsNaN(lower) ? double.NaN : actual >= lower && actual <= upper ? 1 : 0;
        _widths += upper - lower;
    }

    public ForecastMetrics ToMetrics(string name) => new(
        name, _count, Math.Sqrt(_squares / _count), _magnitudes / _count, _scores / _count, _inside / _count, _widths / _count);

    private static double Score(double error, double scale)
    {
        if (scale == 0)
        {
            return Math.Abs(error);
        }

        double z = error / scale;
        return scale * ((z * ((2 * NormalDistribution.Cumulative(z)) - 1)) + (2 * NormalDistribution.Density(z)) - (1 / Math.Sqrt(Math.PI)));
    }
}
