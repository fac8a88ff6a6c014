using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Forecasts irregularly sampled series with a latent ODE, one series a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="outputColumnName">Column that receives the forecast: for each input column the values at all times of <paramref name="horizon"/>.</param>
    /// <param name="timeColumnName">Column of observation times: a vector of Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</param>
    /// <param name="inputColumnNames">Columns to forecast: vectors of Single as long as the times, NaN where not observed.</param>
    /// <param name="horizon">Times after each series' last observation to forecast at.</param>
    /// <param name="confidenceLowerBoundColumn">Column that receives the lower bound, or <see langword="null"/>.</param>
    /// <param name="confidenceUpperBoundColumn">Column that receives the upper bound, or <see langword="null"/>.</param>
    /// <param name="confidenceLevel">Probability that a value lies between the bounds.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static LatentOdeForecaster ForecastByLatentOde(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string timeColumnName,
        string[] inputColumnNames,
        double[] horizon,
        string? confidenceLowerBoundColumn = null,
        string? confidenceUpperBoundColumn = null,
        float confidenceLevel = 0.95f) =>
        catalog.ForecastByLatentOde(new LatentOdeOptions
        {
            OutputColumnName = outputColumnName,
            TimeColumnName = timeColumnName,
            InputColumnNames = inputColumnNames,
            Horizon = horizon,
            LowerBoundColumnName = confidenceLowerBoundColumn,
            UpperBoundColumnName = confidenceUpperBoundColumn,
            ConfidenceLevel = confidenceLevel,
        });

    /// <summary>Forecasts irregularly sampled series with a latent ODE.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static LatentOdeForecaster ForecastByLatentOde(this ForecastingCatalog catalog, LatentOdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new LatentOdeForecaster(CatalogUtils.GetEnvironment(catalog), options);
    }
}
