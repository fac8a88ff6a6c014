namespace Microsoft.ML.Implicit.Data;

/// <summary>One irregularly sampled series, its times strictly increasing.</summary>
/// <param name="Times">Times of the observations, at each of which at least one variable was observed.</param>
/// <param name="Values">Values, one array a variable, as long as <paramref name="Times"/>; NaN where not observed.</param>
/// <param name="Statics">Values that hold for the whole series; NaN where unknown.</param>
/// <param name="CovariateTimes">Times from which covariates hold; strictly increasing.</param>
/// <param name="Covariates">Covariates known ahead, one array a covariate; each value holds until the next time.</param>
internal sealed record TimeSeries(double[] Times, float[][] Values, float[] Statics, double[] CovariateTimes, float[][] Covariates)
{
    public int Count => Times.Length;

    /// <summary>The time up to which the series was followed, observed or not: what lies ahead is counted from here.</summary>
    public double End { get; init; } = Times.Length > 0 ? Times[^1] : double.NaN;

    /// <summary>Categories that hold for the whole series, one a column of such; empty where unknown.</summary>
    public string[] StaticCategories { get; init; } = [];

    /// <summary>Covariates known ahead that are categories, one array a column of such; empty where unknown.</summary>
    public string[][] CovariateCategories { get; init; } = [];

    /// <summary>What the series counts in training, 1 on average.</summary>
    public float Weight { get; init; } = 1;

    /// <summary>What is to be predicted of the whole series; 0 where nothing is.</summary>
    public float Label { get; init; }
}
