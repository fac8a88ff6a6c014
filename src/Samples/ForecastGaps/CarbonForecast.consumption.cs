namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

internal static partial class CarbonForecast
{
    /// <summary>Loads a saved model and forecasts the weeks after the end of a series.</summary>
    private static CarbonOutlook Predict(MLContext ml, string modelPath, CarbonSeries series)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<CarbonSeries, CarbonOutlook> engine = ml.Model.CreatePredictionEngine<CarbonSeries, CarbonOutlook>(model);
        return engine.Predict(series);
    }

    internal sealed class CarbonOutlook
    {
        public float[] Forecast { get; set; } = [];

        public float[] Lower { get; set; } = [];

        public float[] Upper { get; set; } = [];
    }
}
