using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A forecaster of series, whatever its networks are.</summary>
internal interface IForecastTransformer
{
    ForecastModelParameters Model { get; }

    SeriesColumns Input { get; }

    ForecastColumns Output { get; }

    ForecastEngine<TObservation, TForecast> CreateForecastEngine<TObservation, TForecast>()
        where TObservation : class
        where TForecast : class, new();
}
