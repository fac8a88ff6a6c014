namespace Microsoft.ML.Implicit.Data;

/// <summary>One irregularly sampled series, its times strictly increasing.</summary>
/// <param name="Times">Times of the observations.</param>
/// <param name="Values">Values, one array a variable, as long as <paramref name="Times"/>; NaN where not observed.</param>
/// <param name="Statics">Values that hold for the whole series; NaN where unknown.</param>
/// <param name="CovariateTimes">Times from which covariates hold; strictly increasing.</param>
/// <param name="Covariates">Covariates known ahead, one array a covariate; each value holds until the next time.</param>
internal sealed record TimeSeries(double[] Times, float[][] Values, float[] Statics, double[] CovariateTimes, float[][] Covariates)
{
    public int Count => Times.Length;
}
