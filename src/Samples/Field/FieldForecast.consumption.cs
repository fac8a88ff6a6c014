namespace Microsoft.ML.Implicit.Samples.Field;

internal static partial class FieldForecast
{
    /// <summary>Loads the saved model and forecasts one field after another.</summary>
    private static float[][] Forecast(MLContext ml, string modelPath, Snapshot[] starts)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<Snapshot, Outlook> engine = ml.Model.CreatePredictionEngine<Snapshot, Outlook>(model);
        return [.. starts.Select(start => engine.Predict(start).Forecast)];
    }

    /// <summary>The field at all times of the horizon, one after another.</summary>
    private sealed class Outlook
    {
        public float[] Forecast { get; set; } = [];
    }
}
