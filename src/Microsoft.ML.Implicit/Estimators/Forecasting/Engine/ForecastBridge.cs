using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Interpolates by forecasts from the observations before, tied to the observations on both sides.</summary>
internal static class ForecastBridge
{
    public static SeriesForecast Interpolate(ForecastModelParameters model, ForecastState state, double[] times, TimeKind kind)
    {
        int variables = model.Scaling.Variables.Length;
        TimeSeries series = state.ToSeries(state.Count);
        var result = new SeriesForecast(Unknown(variables * times.Length), Unknown(variables * times.Length), Unknown(variables * times.Length));
        for (int m = 0; m < times.Length; m++)
        {
            int index = Array.FindLastIndex(series.Times, time => time <= times[m]);
            if (index < 0)
            {
                continue;
            }

            bool isAhead = index == series.Count - 1;
            double start = series.Times[index];
            double end = isAhead ? times[m] : series.Times[index + 1];
            ForecastReach.Check([end], start, model.TrainedHorizon, kind);
            double[] wanted = [start, times[m], end];
            SeriesForecast forecast = isAhead ? model.Forecast(state, wanted) : model.Forecast([state.ToSeries(index + 1)], [wanted])[0];
            double theta = isAhead ? 0 : (times[m] - start) / (end - start);
            for (int v = 0; v < variables; v++)
            {
                int place = 3 * v;
                double correction = isAhead ? 0
                    : ((1 - theta) * Gap(series.Values[v][index], forecast.Mean[place])) + (theta * Gap(series.Values[v][index + 1], forecast.Mean[place + 2]));
                double mean = forecast.Mean[place + 1] + correction;
                double narrowing = isAhead || float.IsNaN(series.Values[v][index + 1]) ? 1 : Math.Sqrt(1 - theta);
                double half = 0.5 * (forecast.Upper[place + 1] - forecast.Lower[place + 1]) * narrowing;
                int flat = (v * times.Length) + m;
                result.Mean[flat] = (float)mean;
                result.Lower[flat] = (float)(mean - half);
                result.Upper[flat] = (float)(mean + half);
            }
        }

        return result;
    }

    private static double Gap(float observed, float forecast) => float.IsNaN(observed) ? 0 : observed - forecast;

    private static float[] Unknown(int count)
    {
        float[] values = new float[count];
        Array.Fill(values, float.NaN);
        return values;
    }
}
