using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>One series as a row of a data view; columns that a data set lacks stay empty.</summary>
internal sealed class SeriesRow
{
    public double[] Time { get; set; } = [];

    public float[] Value0 { get; set; } = [];

    public float[] Value1 { get; set; } = [];

    public float[] Value2 { get; set; } = [];

    public float[] Value3 { get; set; } = [];

    public float[] Value4 { get; set; } = [];

    public double[] CovariateTime { get; set; } = [];

    public float[] Covariate0 { get; set; } = [];

    public float[] Covariate1 { get; set; } = [];

    public double[] ForecastTime { get; set; } = [];

    [NoColumn]
    public int VariableCount { get; set; }

    [NoColumn]
    public int CovariateCount { get; set; }

    public float[] Value(int variable) => variable switch { 0 => Value0, 1 => Value1, 2 => Value2, 3 => Value3, _ => Value4 };

    public float[] Covariate(int covariate) => covariate == 0 ? Covariate0 : Covariate1;

    /// <summary>The covariate's last value until a time, 0 where there is none.</summary>
    public float Held(int covariate, double time)
    {
        int index = Math.Max(0, Array.FindLastIndex(CovariateTime, t => t <= time));
        return Covariate(covariate).Take(index + 1).Where(float.IsFinite).DefaultIfEmpty(0).Last();
    }

    /// <summary>The first observations, and all covariates.</summary>
    public SeriesRow First(int count) => Part(0, count);

    public static SeriesRow Create(double[] times, float[][] values, double[]? covariateTimes = null, float[][]? covariates = null)
    {
        float[] At(int v) => v < values.Length ? values[v] : [];
        return new SeriesRow
        {
            Time = times,
            VariableCount = values.Length,
            Value0 = At(0),
            Value1 = At(1),
            Value2 = At(2),
            Value3 = At(3),
            Value4 = At(4),
            CovariateCount = covariates?.Length ?? 0,
            CovariateTime = covariateTimes ?? [],
            Covariate0 = covariates?.Length > 0 ? covariates[0] : [],
            Covariate1 = covariates?.Length > 1 ? covariates[1] : [],
        };
    }

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
    private SeriesRow Part(int first, int end) => Create(
        Time[first..end],
        [.. Enumerable.Range(0, VariableCount).Select(v => Value(v)[first..end])],
        CovariateTime,
        [.. Enumerable.Range(0, CovariateCount).Select(Covariate)]);
}
