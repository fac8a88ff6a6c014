namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>One series: times, a value of each variable at each of them, covariates at times of their own, and the times asked for.</summary>
internal sealed class SeriesRow
{
    private readonly float[][] _values;
    private readonly float[][] _covariates;

    private SeriesRow(double[] times, float[][] values, double[] covariateTimes, float[][] covariates) =>
        (Time, _values, CovariateTime, _covariates) = (times, values, covariateTimes, covariates);

    public double[] Time { get; }

    public double[] CovariateTime { get; }

    public double[] ForecastTime { get; set; } = [];

    public int VariableCount => _values.Length;

    public int CovariateCount => _covariates.Length;

    public static SeriesRow Create(double[] times, float[][] values, double[]? covariateTimes = null, float[][]? covariates = null) =>
        new(times, values, covariateTimes ?? [], covariates ?? []);

    public float[] Value(int variable) => _values[variable];

    public float[] Covariate(int covariate) => _covariates[covariate];

    /// <summary>The covariate's last value until a time, 0 where there is none.</summary>
    public float Held(int covariate, double time)
    {
        int index = Math.Max(0, Array.FindLastIndex(CovariateTime, t => t <= time));
        return Covariate(covariate).Take(index + 1).Where(float.IsFinite).DefaultIfEmpty(0).Last();
    }

    /// <summary>The first observations, and all covariates.</summary>
    public SeriesRow First(int count) => Part(0, count);

    /// <summary>The first observations, with the times of the following ones within the horizon as the times asked for.</summary>
    public Question Ask(int count, double horizon, int first = 0)
    {
        int end = count;
        while (end < Time.Length && Time[end] - Time[count - 1] <= horizon)
        {
            end++;
        }

        SeriesRow history = Part(first, count);
        history.ForecastTime = Time[count..end];
        float[][] future = [.. Enumerable.Range(0, VariableCount).Select(v => Value(v)[count..end])];
        return new Question(history, future, future);
    }

    private SeriesRow Part(int first, int end) => new(Time[first..end], Array.ConvertAll(_values, values => values[first..end]), CovariateTime, _covariates);
}
