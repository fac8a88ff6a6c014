using Microsoft.ML.Transforms.TimeSeries;

namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

/// <content>ML.NET's singular spectrum analysis beside it, where the feed has Microsoft.ML.TimeSeries: <c>-p:WithTimeSeries=true</c>.</content>
internal static partial class CarbonForecast
{
    private const int WeeksOfWindow = 104;

    static partial void ForecastBySsa(MLContext ml, CarbonSeries[] histories, ref float[][] forecasts) =>
        forecasts = [.. histories.Select(history => ForecastBySsa(ml, history.Weekly()))];

    /// <summary>Forecasts a year from a value a week, trained anew on each history.</summary>
    private static float[] ForecastBySsa(MLContext ml, float[] weeks)
    {
        SsaForecastingEstimator estimator = ml.Forecasting.ForecastBySsa(
            outputColumnName: nameof(SsaOutlook.Forecast),
            inputColumnName: nameof(Week.Concentration),
            windowSize: WeeksOfWindow,
            seriesLength: weeks.Length,
            trainSize: weeks.Length,
            horizon: 52);
        SsaForecastingTransformer model = estimator.Fit(ml.Data.LoadFromEnumerable(weeks.Select(value => new Week { Concentration = value })));
        using TimeSeriesPredictionEngine<Week, SsaOutlook> engine = model.CreateTimeSeriesEngine<Week, SsaOutlook>(ml);
        return engine.Predict().Forecast;
    }

    private sealed class Week
    {
        public float Concentration { get; set; }
    }

    private sealed class SsaOutlook
    {
        public float[] Forecast { get; set; } = [];
    }
}
