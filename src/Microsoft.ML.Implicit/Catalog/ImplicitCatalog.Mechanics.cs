using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Forecasts a mechanical system from positions and velocities by a learned energy, one series a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="outputColumnName">Column that receives the forecast: for each position and then for each velocity its values at all times of <paramref name="horizon"/>.</param>
    /// <param name="timeColumnName">Column of observation times: a vector of Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</param>
    /// <param name="positionColumnNames">Columns of positions: vectors of Single as long as the times, NaN where not observed.</param>
    /// <param name="velocityColumnNames">Columns of their velocities, in the same order.</param>
    /// <param name="horizon">Times after each series' last row to forecast at.</param>
    /// <param name="energyColumnName">Column that receives the energy at the last observation, or <see langword="null"/>.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var swings = ml.Forecasting.ForecastByMechanics("Forecast", "Time", positionColumnNames: ["Angle"], velocityColumnNames: ["Velocity"], horizon: [0.5, 1, 2]);
    /// </code></example>
    public static MechanicsForecaster ForecastByMechanics(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string timeColumnName,
        string[] positionColumnNames,
        string[] velocityColumnNames,
        double[] horizon,
        string? energyColumnName = "Energy") =>
        catalog.ForecastByMechanics(new MechanicsOptions
        {
            OutputColumnName = outputColumnName,
            TimeColumnName = timeColumnName,
            PositionColumnNames = positionColumnNames,
            VelocityColumnNames = velocityColumnNames,
            Horizon = horizon,
            EnergyColumnName = energyColumnName,
        });

    /// <summary>Forecasts a mechanical system by a learned energy.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var options = new MechanicsOptions
    /// {
    ///     PositionColumnNames = ["Angle"],
    ///     VelocityColumnNames = ["Velocity"],
    ///     AngleColumnNames = ["Angle"],
    ///     HasFriction = true,
    ///     Horizon = [0.5, 1, 2],
    /// };
    /// var damped = ml.Forecasting.ForecastByMechanics(options);
    /// </code></example>
    public static MechanicsForecaster ForecastByMechanics(this ForecastingCatalog catalog, MechanicsOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MechanicsForecaster(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Forecasts a mechanical system from positions and velocities by a learned energy, from long-format data with one observation a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="outputColumnName">Column that receives the forecast: for each position and then for each velocity its values at all times of <paramref name="horizon"/>.</param>
    /// <param name="seriesColumnName">Column that names the series of a row, or <see langword="null"/> where all rows are one series.</param>
    /// <param name="timeColumnName">Column of the observation's time: Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</param>
    /// <param name="positionColumnNames">Columns of positions: Single, NaN where not observed.</param>
    /// <param name="velocityColumnNames">Columns of their velocities, in the same order.</param>
    /// <param name="horizon">Times after each series' last row to forecast at.</param>
    /// <param name="energyColumnName">Column that receives the energy at the last observation, or <see langword="null"/>.</param>
    /// <returns><see cref="GroupIntoSeries"/> and the forecaster after it; the output has one row a series.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var bySeries = ml.Forecasting.ForecastByMechanics("Forecast", seriesColumnName: "Swing", "Time", ["Angle"], ["Velocity"], horizon: [0.5, 1, 2]);
    /// </code></example>
    public static EstimatorChain<MechanicsTransformer> ForecastByMechanics(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string? seriesColumnName,
        string timeColumnName,
        string[] positionColumnNames,
        string[] velocityColumnNames,
        double[] horizon,
        string? energyColumnName = "Energy")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(positionColumnNames);
        ArgumentNullException.ThrowIfNull(velocityColumnNames);
        var grouping = new SeriesGrouping(seriesColumnName, timeColumnName, [.. positionColumnNames, .. velocityColumnNames], [], IsContiguous: false);
        return new EstimatorChain<ITransformer>()
            .Append(new SeriesGroupingEstimator(CatalogUtils.GetEnvironment(catalog), grouping))
            .Append(catalog.ForecastByMechanics(outputColumnName, timeColumnName, positionColumnNames, velocityColumnNames, horizon, energyColumnName));
    }
}
