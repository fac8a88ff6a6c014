using System.Globalization;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// A backtest with rolling origin (Tashman, "Out-of-sample tests of forecasting accuracy", 2000): each origin ends every
/// series' history at a later observation, and what follows within the longest horizon is forecast.
/// </summary>
internal static class RollingOrigin
{
    /// <exception cref="ArgumentException">A setting is out of range or a column does not fit.</exception>
    public static IReadOnlyList<ForecastMetrics> Run<TTransformer, TModel>(
        Func<ForecastTrainer<TTransformer, TModel>> create, IDataView data, LatentForecasterOptions options, int origins, double trainingFraction, bool refits)
        where TTransformer : ForecastTransformer<TModel>
        where TModel : ForecastModelParameters
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(origins, 1);
        if (trainingFraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(trainingFraction), "The fraction must lie between 0 and 1.");
        }

        if (options.Horizon.Length == 0)
        {
            throw new ArgumentException($"{nameof(ForecasterOptions.Horizon)} must be given: it divides the time ahead into ranges.", nameof(options));
        }

        ForecastTrainer<TTransformer, TModel> forecaster = create();
        SeriesSet set = forecaster.Read(data);
        IReadOnlyList<TimeSeries> series = set.Series;
        double[] edges = [.. options.Horizon.Order()];
        var errors = new Dictionary<(int Variable, int Range), ForecastErrors>();
        TTransformer? model = null;
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

    private static void Score(ForecastModelParameters model, IReadOnlyList<TimeSeries> series, TimeSeries[] histories, double[] edges, Dictionary<(int Variable, int Range), ForecastErrors> errors, double level)
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
