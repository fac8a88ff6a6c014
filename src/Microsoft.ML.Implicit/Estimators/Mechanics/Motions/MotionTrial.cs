using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecasts of several beginnings of series to their ends, beside what was observed there.</summary>
internal static class MotionTrial
{
    private const int MostStarts = 4;
    private const int MostForecasts = 512;

    // In units; what is farther off than this is lost, however far.
    private const double Lost = 10;

    // What a more general system must better: errors by a quarter of their size, and by more than what is told well in any case.
    private const double WorthFactor = 1.3;
    private const double WorthError = 0.02;

    /// <summary>Whether a series is long enough.</summary>
    public static bool Fits(TimeSeries series) => series.Count > 2;

    /// <summary>Errors of a model's forecasts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="series">Series.</param>
    /// <param name="cancellationToken">Looked at before every forecast.</param>
    public static IEnumerable<MotionError> Errors(MechanicsModelParameters model, IReadOnlyList<TimeSeries> series, CancellationToken cancellationToken)
    {
        (TimeSeries Series, int Count)[] starts = [.. series.Where(Fits).SelectMany(s => Starts(s.Count).Select(count => (s, count)))];
        int stride = Math.Max(1, starts.Length / MostForecasts);
        foreach ((TimeSeries whole, int count) in starts.Where((_, i) => i % stride == 0))
        {
            cancellationToken.ThrowIfCancellationRequested();
            double[] later = whole.Times[count..];
            MotionForecast forecast = model.Forecast([First(whole, count)], [later])[0];
            for (int m = 0; m < later.Length; m++)
            {
                yield return new MotionError(
                    later[m] - whole.Times[count - 1], [.. whole.Values.Select((values, v) => model.Distance(v, values[count + m], forecast.Values[(v * later.Length) + m]))]);
            }
        }
    }

    /// <summary>Mean error in units of the variables.</summary>
    /// <param name="errors">Errors.</param>
    /// <param name="scaling">Units.</param>
    public static double Mean(IEnumerable<MotionError> errors, MechanicsScaling scaling) =>
        errors.SelectMany(error => error.Errors.Select((distance, v) => distance / scaling.Unit(v))).Select(error => error <= Lost ? error : Lost).DefaultIfEmpty(0).Average();

    /// <summary>The first candidate that is about as good as the best.</summary>
    /// <param name="means">Mean errors of candidates, the simplest first.</param>
    public static int Choose(IReadOnlyList<double> means)
    {
        double best = means.Min();
        return Enumerable.Range(0, means.Count).First(i => means[i] <= (WorthFactor * best) + WorthError);
    }

    private static IEnumerable<int> Starts(int count) =>
        Enumerable.Range(1, MostStarts).Select(i => Math.Max(2, i * count / (MostStarts + 1))).Where(start => start < count).Distinct();

    private static TimeSeries First(TimeSeries series, int count) => series with
    {
        Times = series.Times[..count],
        Values = [.. series.Values.Select(values => values[..count])],
        End = series.Times[count - 1],
    };
}
