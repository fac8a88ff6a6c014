using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.ForecastIrregular;

internal static partial class StormForecast
{
    /// <summary>Loads a saved model and follows a storm observation by observation, up to half of them; then looks a day ahead.</summary>
    private static StormOutlook Follow(MLContext ml, string modelPath, Storm storm)
    {
        using var model = (LatentOdeTransformer)ml.Model.Load(modelPath, out _);
        ForecastEngine<StormObservation, StormOutlook> engine = model.CreateForecastEngine<StormObservation, StormOutlook>();
        int half = storm.Hour.Length / 2;
        for (int i = 0; i < half; i++)
        {
            engine.Observe(new StormObservation
            {
                Hour = storm.Hour[i],
                Latitude = storm.Latitude[i],
                Longitude = storm.Longitude[i],
                Wind = storm.Wind[i],
                Pressure = storm.Pressure[i],
            });
        }

        return engine.Forecast(storm.Hour[half - 1] + 24);
    }

    internal sealed class StormObservation
    {
        public double Hour { get; set; }

        public float Latitude { get; set; }

        public float Longitude { get; set; }

        public float Wind { get; set; }

        public float Pressure { get; set; }
    }

    /// <summary>Forecasts and bounds, variable by variable.</summary>
    internal sealed class StormOutlook
    {
        public float[] Forecast { get; set; } = [];

        public float[] Lower { get; set; } = [];

        public float[] Upper { get; set; } = [];
    }
}
