using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Fields;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Forecasts fields on a grid by a partial differential equation that is learned, one field a row.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="outputColumnName">Column that receives the forecast: the field at all times of <paramref name="horizon"/>, one after another.</param>
    /// <param name="inputColumnName">Column of the field: a vector of Single with a value for each point of the grid, the last axis's points next to each other.</param>
    /// <param name="timeColumnName">Column of a row's time: Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days. It is read in training alone.</param>
    /// <param name="grid">Points, lengths and boundaries.</param>
    /// <param name="horizon">Times after a row to forecast at, rising.</param>
    /// <param name="seriesColumnName">Column that names the series of a row, such as the experiment, or <see langword="null"/> where all rows are one. It is read in training alone.</param>
    /// <param name="terms">Parts of the equation whose form is known, with coefficients that are given or learned; what they leave open is learned too.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var forecaster = ml.Forecasting.ForecastField(
    ///     outputColumnName: "Forecast", inputColumnName: "Field", timeColumnName: "Time", grid, horizon: [0.5, 1], seriesColumnName: "Run",
    ///     terms: [new PhysicalTerm(PhysicalTermKind.Diffusion)]);
    /// </code></example>
    public static FieldForecaster ForecastField(
        this ForecastingCatalog catalog,
        string outputColumnName,
        string inputColumnName,
        string timeColumnName,
        FieldGrid grid,
        double[] horizon,
        string? seriesColumnName = null,
        IReadOnlyList<PhysicalTerm>? terms = null,
        string? exampleWeightColumnName = null) =>
        catalog.ForecastField(new FieldOptions
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            TimeColumnName = timeColumnName,
            Grid = grid,
            Horizon = horizon,
            SeriesColumnName = seriesColumnName,
            Terms = terms ?? [],
            ExampleWeightColumnName = exampleWeightColumnName,
        });

    /// <summary>Forecasts fields on a grid by a partial differential equation that is learned.</summary>
    /// <param name="catalog">The catalog of <see cref="MLContext.Forecasting"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The forecaster.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var options = new FieldOptions
    /// {
    ///     Grid = grid,
    ///     Horizon = [0.5, 1],
    ///     SeriesColumnName = "Run",
    ///     Terms = [new PhysicalTerm(PhysicalTermKind.Convection, 1), new PhysicalTerm(PhysicalTermKind.Diffusion)],
    ///     LearnsClosure = false,
    /// };
    ///
    /// FieldTransformer model = ml.Forecasting.ForecastField(options).Fit(rows);
    /// </code></example>
    public static FieldForecaster ForecastField(this ForecastingCatalog catalog, FieldOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new FieldForecaster(CatalogUtils.GetEnvironment(catalog), options);
    }
}
