namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecast of one series, each array [variables, times] in a row.</summary>
internal sealed record SeriesForecast(float[] Mean, float[] Lower, float[] Upper)
{
    /// <summary>Takes each variable from a forecast of its own.</summary>
    /// <param name="variables">Forecasts of all variables at the same times, one for each variable.</param>
    public static SeriesForecast Combine(SeriesForecast[] variables) =>
        new(Combine(variables, forecast => forecast.Mean), Combine(variables, forecast => forecast.Lower), Combine(variables, forecast => forecast.Upper));

    private static float[] Combine(SeriesForecast[] variables, Func<SeriesForecast, float[]> select)
    {
        float[] combined = new float[select(variables[0]).Length];
        int times = combined.Length / variables.Length;
        for (int v = 0; v < variables.Length; v++)
        {
            select(variables[v]).AsSpan(v * times, times).CopyTo(combined.AsSpan(v * times));
        }

        return combined;
    }
}
