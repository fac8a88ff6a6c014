using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Forecasts irregularly sampled series with a latent ODE, one series a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="outputColumnName">Column that receives the forecast: for each input column the values at all times of <paramref name="horizon"/>.</param>
    /// <param name="timeColumnName">Column of observation times: a vector of Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</param>
    /// <param name="inputColumnNames">Columns to forecast: vectors of Single as long as the times, NaN where not observed.</param>
    /// <param name="horizon">Times after each series' last row to forecast at, whether or not anything was observed in it.</param>
    /// <param name="confidenceLowerBoundColumn">Column that receives the lower bound, or <see langword="null"/>.</param>
    /// <param name="confidenceUpperBoundColumn">Column that receives the upper bound, or <see langword="null"/>.</param>
    /// <param name="confidenceLevel">Probability that a value lies between the bounds.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var oneSeriesARow = ml.Forecasting.ForecastByLatentOde("Forecast", timeColumnName: "Hour", inputColumnNames: ["Wind"], horizon: [6, 12, 24]);
    /// </code></example>
    public static LatentOdeForecaster ForecastByLatentOde(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string timeColumnName,
        string[] inputColumnNames,
        double[] horizon,
        string? confidenceLowerBoundColumn = null,
        string? confidenceUpperBoundColumn = null,
        float confidenceLevel = 0.95f,
        string? exampleWeightColumnName = null) =>
        catalog.ForecastByLatentOde(ForecastSettings<LatentOdeOptions>(
            outputColumnName, timeColumnName, inputColumnNames, horizon, confidenceLowerBoundColumn, confidenceUpperBoundColumn, confidenceLevel, exampleWeightColumnName));

    /// <summary>Forecasts irregularly sampled series with a latent ODE.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var options = new LatentOdeOptions
    /// {
    ///     TimeColumnName = "Day",
    ///     InputColumnNames = ["Bilirubin", "Albumin"],
    ///     Horizon = [90, 180, 365],
    ///     ConfidenceLowerBoundColumn = "Lower",
    ///     ConfidenceUpperBoundColumn = "Upper",
    /// };
    ///
    /// var pipeline = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"])
    ///     .Append(ml.Forecasting.ForecastByLatentOde(options));
    /// </code></example>
    public static LatentOdeForecaster ForecastByLatentOde(this ForecastingCatalog catalog, LatentOdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new LatentOdeForecaster(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Forecasts irregularly sampled series with a latent ODE, from long-format data with one observation a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="outputColumnName">Column that receives the forecast: for each input column the values at all times of <paramref name="horizon"/>.</param>
    /// <param name="seriesColumnName">Column that names the series of a row, or <see langword="null"/> where all rows are one series.</param>
    /// <param name="timeColumnName">Column of the observation's time: Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</param>
    /// <param name="inputColumnNames">Columns to forecast: Single, NaN where not observed.</param>
    /// <param name="horizon">Times after each series' last row to forecast at, whether or not anything was observed in it.</param>
    /// <param name="confidenceLowerBoundColumn">Column that receives the lower bound, or <see langword="null"/>.</param>
    /// <param name="confidenceUpperBoundColumn">Column that receives the upper bound, or <see langword="null"/>.</param>
    /// <param name="confidenceLevel">Probability that a value lies between the bounds.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), of which the first of a series that is not missing counts; or <see langword="null"/>.</param>
    /// <returns><see cref="GroupIntoSeries"/> and the forecaster after it; the output has one row a series.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var forecaster = ml.Forecasting.ForecastByLatentOde(
    ///     outputColumnName: "Forecast", seriesColumnName: "Patient", timeColumnName: "Day", inputColumnNames: ["Bilirubin", "Albumin"],
    ///     horizon: [90, 180, 365], confidenceLowerBoundColumn: "Lower", confidenceUpperBoundColumn: "Upper");
    /// </code></example>
    public static EstimatorChain<LatentOdeTransformer> ForecastByLatentOde(
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
            .Append(catalog.ForecastByLatentOde(outputColumnName, timeColumnName, inputColumnNames, horizon, confidenceLowerBoundColumn, confidenceUpperBoundColumn, confidenceLevel, exampleWeightColumnName));
    }

    /// <summary>Turns long-format data, one observation a row, into one series a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Transforms"/>.</param>
    /// <param name="seriesColumnName">Column that names the series of a row (key, text or number), or <see langword="null"/> where all rows are one series.</param>
    /// <param name="timeColumnName">Column of the observation's time: Single, Double, DateTime, DateTimeOffset or TimeSpan; becomes a vector of Double.</param>
    /// <param name="valueColumnNames">Columns of values: Single, NaN where not observed, or text or a key, such as categories known ahead; each becomes a vector.</param>
    /// <param name="staticColumnNames">Columns of values that hold for the whole series: Single, text or a key; the first that is not missing counts.</param>
    /// <param name="seriesAreContiguous">Whether all rows of a series follow each other: then one series at a time is held in memory, and a series that comes again is an error.</param>
    /// <returns>The estimator. Its output has these columns and no others.</returns>
    /// <remarks>
    /// <see cref="TextLoader"/> reads empty fields as 0 unless <see cref="TextLoader.Options.MissingRealsAsNaNs"/> is set. Rows that do not
    /// name their series (an empty text, a missing key, NaN) are one series, of which a warning gives the number of rows.
    /// </remarks>
    /// <example><code>
    /// IDataView series = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"]).Fit(visits).Transform(visits);
    /// </code></example>
    public static SeriesGroupingEstimator GroupIntoSeries(
        this TransformsCatalog catalog,
        string? seriesColumnName,
        string timeColumnName,
        string[] valueColumnNames,
        string[]? staticColumnNames = null,
        bool seriesAreContiguous = false)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        var grouping = new SeriesGrouping(seriesColumnName, timeColumnName, valueColumnNames, staticColumnNames ?? [], seriesAreContiguous);
        return new SeriesGroupingEstimator(CatalogUtils.GetEnvironment(catalog), grouping);
    }

    /// <summary>Forecasts with one row a series, variable and time.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="model">A fitted or loaded forecaster, or a chain with one, such as <see cref="GroupIntoSeries"/> and a forecaster.</param>
    /// <param name="data">What the model reads.</param>
    /// <param name="seriesColumnName">Column that names the series, or <see langword="null"/> for rows that do not say whose they are.</param>
    /// <returns>
    /// A view with the columns <c>Series</c> (of the type of that column), <c>Time</c> (of the kind of the time column, a Double where it holds numbers),
    /// <c>Variable</c> (text, the input column's name), and <c>Value</c>, <c>Lower</c> and <c>Upper</c> (Single; NaN where the model has no bounds), and where it has <see cref="LatentForecasterOptions.QuantileLevels"/>, <c>Quantiles</c> (a vector). Nothing is
    /// computed before its rows are read. A series in which no row has a time has none, since nothing says from when on to count.
    /// </returns>
    /// <exception cref="ArgumentException">The model holds no forecaster, or a column is missing.</exception>
    /// <example><code>
    /// IDataView rows = ml.Forecasting.ForecastRows(model, visits, seriesColumnName: "Patient");
    /// foreach (ForecastRow row in ml.Data.CreateEnumerable&lt;ForecastRow&gt;(rows, reuseRowObject: false))
    /// {
    ///     Console.WriteLine($"{row.Series} on day {row.Time}: {row.Variable} {row.Value:F1}, from {row.Lower:F1} to {row.Upper:F1}");
    /// }
    /// </code></example>
    public static IDataView ForecastRows(this ForecastingCatalog catalog, ITransformer model, IDataView data, string? seriesColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        IForecastTransformer forecaster = Forecaster(model);
        IDataView forecasts = model.Transform(data);
        return new ForecastRowsView(forecasts, new ForecastRowsSource(forecasts.Schema, forecaster, seriesColumnName));
    }

    /// <summary>Creates an engine that follows one series as its observations come in.</summary>
    /// <typeparam name="TObservation">Class of observations, with public properties or fields for the time, input and static columns.</typeparam>
    /// <typeparam name="TForecast">Class of forecasts, with public properties or fields of type <c>float[]</c> for output columns.</typeparam>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="model">A fitted or loaded forecaster, or a chain with one, such as <see cref="GroupIntoSeries"/> and a forecaster.</param>
    /// <returns>The engine; it needs the model as long as it is used.</returns>
    /// <exception cref="ArgumentException">The model holds no forecaster; or a property or field is missing, has the wrong type, or stands for no column.</exception>
    /// <exception cref="ObjectDisposedException">The forecaster was disposed.</exception>
    /// <example><code>
    /// var engine = ml.Forecasting.CreateForecastEngine&lt;Visit, Outlook&gt;(model);
    /// </code></example>
    public static ForecastEngine<TObservation, TForecast> CreateForecastEngine<TObservation, TForecast>(this ForecastingCatalog catalog, ITransformer model)
        where TObservation : class
        where TForecast : class, new()
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return Forecaster(model).CreateForecastEngine<TObservation, TForecast>();
    }

    /// <summary>Compares forecasts at fixed horizons with what came, horizon by horizon.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="data">Data with forecasts, one series a row.</param>
    /// <param name="actualColumnName">Column of what came: a vector of Single with the forecast's slots, NaN where nothing is known.</param>
    /// <param name="forecastColumnName">Column of forecasts.</param>
    /// <param name="confidenceLowerBoundColumn">Column of lower bounds, or <see langword="null"/>.</param>
    /// <param name="confidenceUpperBoundColumn">Column of upper bounds, or <see langword="null"/>.</param>
    /// <param name="confidenceLevel">Probability that the bounds stand for.</param>
    /// <returns>Metrics for each slot of the forecast.</returns>
    /// <exception cref="ArgumentException">A column is missing or has another size than the forecast.</exception>
    /// <exception cref="InvalidOperationException">A row's vector has another length than its column's type declares.</exception>
    /// <example><code>
    /// foreach (ForecastMetrics metrics in ml.Forecasting.EvaluateForecasts(outcomes, "Actual", "Forecast", "Lower", "Upper"))
    /// {
    ///     Console.WriteLine($"{metrics.Name}: MAE {metrics.MeanAbsoluteError}, {metrics.Coverage:P0} within the bounds");
    /// }
    /// </code></example>
    public static IReadOnlyList<ForecastMetrics> EvaluateForecasts(
        this ForecastingCatalog catalog,
        IDataView data,
        string actualColumnName,
        string forecastColumnName = "Forecast",
        string? confidenceLowerBoundColumn = null,
        string? confidenceUpperBoundColumn = null,
        float confidenceLevel = 0.95f)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        return ForecastEvaluator.Evaluate(data, actualColumnName, forecastColumnName, confidenceLowerBoundColumn, confidenceUpperBoundColumn, confidenceLevel);
    }

    /// <summary>
    /// Backtests a latent-ODE forecaster with rolling origin: it is trained on the first part of every series; then the
    /// history is extended origin by origin, and the observations that follow within the longest horizon are forecast.
    /// </summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="data">Data with one series a row.</param>
    /// <param name="options">Settings of the forecaster; <see cref="ForecasterOptions.Horizon"/> divides the time ahead into ranges.</param>
    /// <param name="origins">Number of origins.</param>
    /// <param name="trainingFraction">Fraction of each series' observations before the first origin.</param>
    /// <param name="refits">Whether the forecaster is trained anew at each origin.</param>
    /// <returns>Metrics for each variable and each range of time ahead, named by the range's end.</returns>
    /// <exception cref="ArgumentException">A setting is out of range or a column does not fit.</exception>
    /// <example><code>
    /// foreach (ForecastMetrics metrics in ml.Forecasting.BacktestByLatentOde(series, options, origins: 3))
    /// {
    ///     Console.WriteLine($"{metrics.Name}: RMSE {metrics.RootMeanSquaredError:F2} of {metrics.Count} values");
    /// }
    /// </code></example>
    public static IReadOnlyList<ForecastMetrics> BacktestByLatentOde(
        this ForecastingCatalog catalog,
        IDataView data,
        LatentOdeOptions options,
        int origins = 5,
        double trainingFraction = 0.7,
        bool refits = false)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return RollingOrigin.Run(() => catalog.ForecastByLatentOde(options), data, options, origins, trainingFraction, refits);
    }

    private static TOptions ForecastSettings<TOptions>(
        string outputColumnName,
        string timeColumnName,
        string[] inputColumnNames,
        double[] horizon,
        string? confidenceLowerBoundColumn,
        string? confidenceUpperBoundColumn,
        float confidenceLevel,
        string? exampleWeightColumnName)
        where TOptions : LatentForecasterOptions, new() => new()
        {
            OutputColumnName = outputColumnName,
            TimeColumnName = timeColumnName,
            InputColumnNames = inputColumnNames,
            Horizon = horizon,
            ConfidenceLowerBoundColumn = confidenceLowerBoundColumn,
            ConfidenceUpperBoundColumn = confidenceUpperBoundColumn,
            ConfidenceLevel = confidenceLevel,
            ExampleWeightColumnName = exampleWeightColumnName,
        };

    private static EstimatorChain<SeriesGroupingTransformer> Grouping(
        ForecastingCatalog catalog, string? seriesColumnName, string timeColumnName, string[] inputColumnNames, string? exampleWeightColumnName)
    {
        string[] statics = exampleWeightColumnName is null ? [] : [exampleWeightColumnName];
        var grouping = new SeriesGrouping(seriesColumnName, timeColumnName, inputColumnNames, statics, IsContiguous: false);
        return new EstimatorChain<ITransformer>().Append(new SeriesGroupingEstimator(CatalogUtils.GetEnvironment(catalog), grouping));
    }

    /// <exception cref="ArgumentException">The model holds no forecaster.</exception>
    private static IForecastTransformer Forecaster(ITransformer model) => Chained<IForecastTransformer>(model).LastOrDefault()
        ?? throw new ArgumentException($"The model holds no forecaster that {nameof(ForecastByLatentOde)} or {nameof(ForecastByLatentSde)} has trained.", nameof(model));

    private static IEnumerable<T> Chained<T>(ITransformer model) => model switch
    {
        T found => [found],
        IEnumerable<ITransformer> chain => chain.SelectMany(Chained<T>),
        _ => [],
    };
}
