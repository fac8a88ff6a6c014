namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

/// <summary>The whole series as one row: dates in days since 1970, and concentrations in parts per million.</summary>
internal sealed class CarbonSeries
{
    public double[] Date { get; set; } = [];

    public float[] Concentration { get; set; } = [];

    public CarbonSeries Until(int count) => new() { Date = Date[..count], Concentration = Concentration[..count] };
}
