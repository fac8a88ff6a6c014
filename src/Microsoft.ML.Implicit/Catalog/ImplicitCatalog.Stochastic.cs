using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Forecasts irregularly sampled series with a latent stochastic differential equation, one series a row.</summary>
    /// <inheritdoc cref="ForecastByLatentOde(ForecastingCatalog, string, string, string[], double[], string?, string?, float, string?)" path="/param|/returns|/exception"/>
    /// <example><code>
    /// var oneSeriesARow = ml.Forecasting.ForecastByLatentSde("Forecast", timeColumnName: "Hour", inputColumnNames: ["Price"], horizon: [6, 12, 24]);
    /// </code></example>
    public static LatentSdeForecaster ForecastByLatentSde(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string timeColumnName,
        string[] inputColumnNames,
        double[] horizon,
        string? confidenceLowerBoundColumn = null,
        string? confidenceUpperBoundColumn = null,
        float confidenceLevel = 0.95f,
        string? exampleWeightColumnName = null) =>
        catalog.ForecastByLatentSde(ForecastSettings<LatentSdeOptions>(
            outputColumnName, timeColumnName, inputColumnNames, horizon, confidenceLowerBoundColumn, confidenceUpperBoundColumn, confidenceLevel, exampleWeightColumnName));

    /// <summary>Forecasts irregularly sampled series with a latent stochastic differential equation.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var options = new LatentSdeOptions
    /// {
    ///     TimeColumnName = "Hour",
    ///     InputColumnNames = ["Price"],
    ///     Horizon = [6, 12, 24],
    ///     ConfidenceLowerBoundColumn = "Lower",
    ///     ConfidenceUpperBoundColumn = "Upper",
    /// };
    ///
    /// LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options).Fit(series);
    /// </code></example>
    public static LatentSdeForecaster ForecastByLatentSde(this ForecastingCatalog catalog, LatentSdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new LatentSdeForecaster(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Forecasts irregularly sampled series with a latent stochastic differential equation, from long-format data with one observation a row.</summary>
    /// <inheritdoc cref="ForecastByLatentOde(ForecastingCatalog, string, string?, string, string[], double[], string?, string?, float, string?)" path="/param|/returns|/exception"/>
    /// <example><code>
    /// var forecaster = ml.Forecasting.ForecastByLatentSde(
    ///     outputColumnName: "Forecast", seriesColumnName: "Share", timeColumnName: "Hour", inputColumnNames: ["Price"],
    ///     horizon: [6, 12, 24], confidenceLowerBoundColumn: "Lower", confidenceUpperBoundColumn: "Upper");
    /// </code></example>
    public static EstimatorChain<LatentSdeTransformer> ForecastByLatentSde(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string? seriesColumnName,
        string timeColumnName,
        string[] inputColumnNames,
        double[] horizon,
        string? confidenceLowerBoundColumn = null,
        string? confidenceUpperBoundColumn = null,
        float confidenceLevel = 0.95f,
        string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return Grouping(catalog, seriesColumnName, timeColumnName, inputColumnNames, exampleWeightColumnName)
            .Append(catalog.ForecastByLatentSde(outputColumnName, timeColumnName, inputColumnNames, horizon, confidenceLowerBoundColumn, confidenceUpperBoundColumn, confidenceLevel, exampleWeightColumnName));
    }

    /// <summary>
    /// Backtests a latent-SDE forecaster with rolling origin, as <see cref="BacktestByLatentOde"/> does a latent-ODE forecaster.
    /// </summary>
    /// <inheritdoc cref="BacktestByLatentOde(ForecastingCatalog, IDataView, LatentOdeOptions, int, double, bool)" path="/param|/returns|/exception"/>
    /// <example><code>
    /// foreach (ForecastMetrics metrics in ml.Forecasting.BacktestByLatentSde(series, options, origins: 3))
    /// {
    ///     Console.WriteLine($"{metrics.Name}: RMSE {metrics.RootMeanSquaredError:F2} of {metrics.Count} values");
    /// }
    /// </code></example>
    public static IReadOnlyList<ForecastMetrics> BacktestByLatentSde(
        this ForecastingCatalog catalog,
        IDataView data,
        LatentSdeOptions options,
        int origins = 5,
        double trainingFraction = 0.7,
        bool refits = false)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return RollingOrigin.Run(() => catalog.ForecastByLatentSde(options), data, options, origins, trainingFraction, refits);
    }

    /// <summary>Simulates paths of the series in each row by a fitted latent SDE: scenarios of what is to come, for a fan chart or a risk figure.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Transforms"/>.</param>
    /// <param name="model">A fitted or loaded latent-SDE forecaster, or a chain with one.</param>
    /// <param name="outputColumnName">Column that receives the paths: variable by variable and time by time as the forecast, all paths of each.</param>
    /// <param name="pathCount">Number of paths of a row.</param>
    /// <param name="seed">Seed of the noise; that of a row depends on its own series besides, and on nothing beside it.</param>
    /// <returns>The estimator; what it fits shares the forecaster's model.</returns>
    /// <exception cref="ArgumentException">The model holds no latent-SDE forecaster, or a setting is out of range.</exception>
    /// <example><code>
    /// SdeSimulationTransformer simulation = ml.Transforms.SimulateSde(model, outputColumnName: "Paths", pathCount: 200, seed: 1).Fit(series);
    /// float[] ofFirstTime = simulation.Transform(series).GetColumn&lt;float[]&gt;("Paths").First()[..200];
    /// </code></example>
    public static SdeSimulationEstimator SimulateSde(this TransformsCatalog catalog, ITransformer model, string outputColumnName = "Paths", int pathCount = 100, long seed = 1)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        LatentSdeTransformer forecaster = Chained<LatentSdeTransformer>(model).LastOrDefault()
            ?? throw new ArgumentException($"The model holds no forecaster that {nameof(ForecastByLatentSde)} has trained.", nameof(model));
        return new SdeSimulationEstimator(CatalogUtils.GetEnvironment(catalog), forecaster, new SdeSimulationOptions(outputColumnName, pathCount, seed));
    }
}
