namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>
/// What a practitioner tells trees about a history: the last values and the gaps between them, the other variables' last values, mean, extremes, slope,
/// season, covariates and the time ahead; NaN where there is nothing to tell.
/// </summary>
internal sealed class LagFeatures
{
    private const int Lags = 6;

    private readonly SeriesRow _history;
    private readonly ObservedValues _observed;
    private readonly double[] _periods;
    private readonly float[] _past;

    /// <param name="history">The history; covariates after its end are taken as known ahead.</param>
    /// <param name="variable">The variable to forecast.</param>
    /// <param name="periods">Periods of seasons.</param>
    public LagFeatures(SeriesRow history, int variable, double[] periods)
    {
        _history = history;
        _observed = new ObservedValues(history, variable);
        _periods = periods;
        _past =
        [
            .. Enumerable.Range(0, Lags).SelectMany(Lag),
            .. Enumerable.Range(0, history.VariableCount).Where(other => other != variable).Select(other => new ObservedValues(history, other).Values.DefaultIfEmpty(float.NaN).Last()),
            _observed.Values.DefaultIfEmpty(float.NaN).Average(),
            _observed.Values.DefaultIfEmpty(float.NaN).Min(),
            _observed.Values.DefaultIfEmpty(float.NaN).Max(),
            Slope(_observed.Times.TakeLast(Lags), _observed.Values.TakeLast(Lags)),
        ];
    }

    /// <summary>The last observed value, NaN where there is none.</summary>
    public float Last => _observed.Values.DefaultIfEmpty(float.NaN).Last();

    /// <summary>The features for a time ahead.</summary>
    public float[] At(double time) =>
    [
        (float)(time - _history.Time[^1]),
        .. _past,
        .. _periods.SelectMany(period => new[] { (float)((time / period) - Math.Floor(time / period)), _observed.SeasonBefore(time, period) }),
        .. Enumerable.Range(0, _history.CovariateCount).SelectMany(covariate => new[]
        {
            _history.Held(covariate, time), Sum(covariate, double.NegativeInfinity, time), Sum(covariate, _history.Time[^1], time),
        }),
    ];

    // A value and the time to the next one; of the last one, to the history's end.
    private float[] Lag(int lag)
    {
        int index = _observed.Values.Length - 1 - lag;
        return index < 0
            ? [float.NaN, float.NaN]
            : [_observed.Values[index], (float)((lag == 0 ? _history.Time[^1] : _observed.Times[index + 1]) - _observed.Times[index])];
    }

    private float Sum(int covariate, double after, double until) =>
        _history.CovariateTime.Zip(_history.Covariate(covariate)).Where(pair => pair.First > after && pair.First <= until && float.IsFinite(pair.Second)).Sum(pair => pair.Second);

    private static float Slope(IEnumerable<double> times, IEnumerable<float> values)
    {
        (double Time, double Value)[] points = [.. times.Zip(values, (time, value) => (time, (double)value))];
        if (points.Length < 2)
        {
            return float.NaN;
        }

        double middle = points.Average(point => point.Time);
        return (float)(points.Sum(point => (point.Time - middle) * point.Value) / points.Sum(point => (point.Time - middle) * (point.Time - middle)));
    }
}
