using System.Globalization;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// A backtest with rolling origin (Tashman, "Out-of-sample tests of forecasting accuracy", 2000): each origin ends every
/// series' history at a later observation, and what follows within the longest horizon is forecast.
/// </summary>
internal static class RollingOrigin
{
    public static IReadOnlyList<ForecastMetrics> Run(LatentOdeForecaster forecaster, IDataView data, LatentOdeOptions options, int origins, double trainingFraction, bool refits)
    {
        SeriesSet set = forecaster.Read(data);
        IReadOnlyList<TimeSeries> series = set.Series;
        double[] edges = [.. options.Horizon.Order()];
        var errors = new Dictionary<(int Variable, int Range), ForecastErrors>();
        LatentOdeTransformer? model = null;
        try
        {
            for (int origin = 0; origin < origins; origin++)
            {
                double fraction = trainingFraction + ((1 - trainingFraction) * origin / origins);
                TimeSeries[] histories = [.. series.Select(s => Truncate(s, fraction))];
                if (model is null || refits)
                {
                    model?.Dispose();
                    model = forecaster.Fit(set with { Series = [.. histories.Where(s => s.Count > 0)] });
                }

                Score(model.Model, series, histories, edges, errors, options.ConfidenceLevel);
            }
        }
        finally
        {
            model?.Dispose();
        }

        return
        [
            .. errors.OrderBy(entry => entry.Key).Select(entry => entry.Value.ToMetrics(
                string.Create(CultureInfo.InvariantCulture, $"{options.InputColumnNames[entry.Key.Variable]}+{edges[entry.Key.Range]}"))),
        ];
    }

    private static TimeSeries Truncate(TimeSeries series, double fraction)
    {
        int count = (int)(fraction * series.Count);
        return series with { Times = series.Times[..count], Values = [.. series.Values.Select(values => values[..count])], End = count > 0 ? series.Times[count - 1] : double.NaN };
    }

    private static void Score(LatentOdeModelParameters model, IReadOnlyList<TimeSeries> series, TimeSeries[] histories, double[] edges, Dictionary<(int Variable, int Range), ForecastErrors> errors, double level)
    {
        const int batch = 64;
        int[] asked = [.. Enumerable.Range(0, series.Count).Where(i => histories[i].Count > 0 && Ahead(series[i], histories[i], edges[^1]).Length > 0)];
        foreach (int[] rows in asked.Chunk(batch))
        {
            int[][] places = [.. rows.Select(row => Ahead(series[row], histories[row], edges[^1]))];
            SeriesForecast[] forecasts = model.Forecast([.. rows.Select(row => histories[row])], [.. rows.Select((row, i) => places[i].Select(place => series[row].Times[place]).ToArray())]);
            for (int i = 0; i < rows.Length; i++)
            {
                TimeSeries truth = series[rows[i]];
                double last = histories[rows[i]].Times[^1];
                for (int flat = 0; flat < forecasts[i].Mean.Length; flat++)
                {
                    (int variable, int m) = Math.DivRem(flat, places[i].Length);
                    int place = places[i][m];
                    int range = Array.FindIndex(edges, edge => truth.Times[place] - last <= edge);
                    if (!errors.TryGetValue((variable, range), out ForecastErrors? sum))
                    {
                        errors.Add((variable, range), sum = new ForecastErrors(level));
                    }

                    sum.Add(truth.Values[variable][place], forecasts[i].Mean[flat], forecasts[i].Lower[flat], forecasts[i].Upper[flat]);
                }
            }
        }
    }

    private static int[] Ahead(TimeSeries series, TimeSeries history, double horizon) =>
        [.. Enumerable.Range(history.Count, series.Count - history.Count).Where(i => series.Times[i] - history.Times[^1] <= horizon)];
}
