using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>
    /// Fits a curve to the points of every row by nonlinear least squares, and writes its parameters, their standard errors and the status to the columns Parameters,
    /// StandardErrors and Status.
    /// </summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="expression">The curve in the names of columns; every other name is a parameter. See <see cref="Implicit.Modelling.Curves.Curve"/> for what can be written.</param>
    /// <param name="valueColumnName">Column of the measured values: a vector of Single or Double, NaN for what is missing.</param>
    /// <param name="inputs">Columns that the expression names: vectors like the values, such as their times, or scalars.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">The expression cannot be read; the message says where and why.</exception>
    /// <example><code>
    /// IDataView fitted = ml.Transforms.FitCurve("a * exp(-k * Time) + c", valueColumnName: "Signal", "Time").Fit(data).Transform(data);
    /// </code></example>
    public static FitCurveEstimator FitCurve(this TransformsCatalog catalog, string expression, string valueColumnName, params IReadOnlyList<string> inputs) =>
        catalog.FitCurve(new FitCurveOptions { Expression = expression, ValueColumnName = valueColumnName, Inputs = inputs });

    /// <summary>Fits a curve to the points of every row by nonlinear least squares.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or names what the curve does not have.</exception>
    /// <example><code>
    /// var options = new FitCurveOptions
    /// {
    ///     Expression = "a * exp(-k * t) + c",
    ///     Inputs = ["t"],
    ///     ColumnNames = new Dictionary&lt;string, string&gt; { ["t"] = "Time" },
    ///     ValueColumnName = "Signal",
    ///     LowerBounds = new Dictionary&lt;string, double&gt; { ["k"] = 0 },
    ///     Loss = RobustLoss.Huber(scale: 0.05),
    ///     CovarianceColumnName = "Covariance",
    /// };
    /// IDataView fitted = ml.Transforms.FitCurve(options).Fit(data).Transform(data);
    /// </code></example>
    public static FitCurveEstimator FitCurve(this TransformsCatalog catalog, FitCurveOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new FitCurveEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }
}
