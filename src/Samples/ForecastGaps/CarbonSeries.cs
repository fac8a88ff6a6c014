namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

/// <summary>The whole series as one row: dates in days since 1970, and concentrations in parts per million.</summary>
internal sealed class CarbonSeries
{
    public double[] Date { get; set; } = [];

    public float[] Concentration { get; set; } = [];

    /// <summary>A value a week from the first on, as methods without gaps need them: those that were not measured lie on lines between their neighbours.</summary>
    public float[] Weekly()
    {
        float[] values = new float[1 + WeekOf(Date.Length - 1)];
        for (int i = 0; i < Date.Length; i++)
        {
            int week = WeekOf(i), next = i + 1 < Date.Length ? WeekOf(i + 1) : week + 1;
            for (int w = week; w < next; w++)
            {
                float share = (w - week) / (float)(next - week);
                values[w] = share == 0 ? Concentration[i] : Concentration[i] + (share * (Concentration[i + 1] - Concentration[i]));
            }
        }

        return values;

        int WeekOf(int place) => (int)Math.Round((Date[place] - Date[0]) / 7);
    }

    public CarbonSeries Until(int count) => new() { Date = Date[..count], Concentration = Concentration[..count] };
}
