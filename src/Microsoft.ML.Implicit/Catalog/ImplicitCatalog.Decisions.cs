using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>
    /// Solves a convex quadratic or linear program in every row: minimise ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and lower ≤ z ≤ upper.
    /// An argument is the name of a column, or an array or a number for all rows.
    /// </summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Column for the solution z.</param>
    /// <param name="p">p, n values.</param>
    /// <param name="q">Q, n × n; absent: a linear program. A number stands for that multiple of the identity.</param>
    /// <param name="g">G, m × n, or absent.</param>
    /// <param name="h">h, m values, or absent.</param>
    /// <param name="a">A, k × n, or absent.</param>
    /// <param name="b">b, k values, or absent.</param>
    /// <param name="lowerBounds">Lower bounds, n values, or absent.</param>
    /// <param name="upperBounds">Upper bounds, n values, or absent.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">Arguments that cannot belong to a quadratic program.</exception>
    /// <example><code>
    /// // The cheapest mix of three goods, no good more than half of it.
    /// var pipeline = ml.Transforms.QuadraticProgram("Mix", p: "Prices", a: new double[,] { { 1, 1, 1 } }, b: 1, lowerBounds: 0, upperBounds: 0.5);
    /// </code></example>
    public static QuadraticProgramEstimator QuadraticProgram(
        this TransformsCatalog catalog,
        string outputColumnName,
        QuadraticCoefficients p,
        QuadraticCoefficients? q = null,
        QuadraticCoefficients? g = null,
        QuadraticCoefficients? h = null,
        QuadraticCoefficients? a = null,
        QuadraticCoefficients? b = null,
        QuadraticCoefficients? lowerBounds = null,
        QuadraticCoefficients? upperBounds = null) =>
        catalog.QuadraticProgram(Given(new QuadraticProgramOptions { OutputColumnName = outputColumnName, P = p }, q, g, h, a, b, lowerBounds, upperBounds));

    /// <summary>Solves a convex quadratic or linear program in every row.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or the arguments cannot belong to a quadratic program.</exception>
    /// <example><code>
    /// var options = new QuadraticProgramOptions
    /// {
    ///     P = "Prices",
    ///     A = new double[,] { { 1, 1, 1 } },
    ///     B = "Needed",
    ///     LowerBounds = 0,
    ///     UpperBounds = 0.5,
    ///     EqualityMultipliersColumnName = "Price",
    ///     UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
    /// };
    /// IDataView checkedRows = ml.Transforms.QuadraticProgram(options).Fit(goods).Transform(goods);
    /// </code></example>
    public static QuadraticProgramEstimator QuadraticProgram(this TransformsCatalog catalog, QuadraticProgramOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new QuadraticProgramEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>
    /// Predicts costs p from features and decides by minimising ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and lower ≤ z ≤ upper, trained on the
    /// quality of the decisions (SPO+) rather than on the error of the prediction.
    /// </summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Column for the decision z.</param>
    /// <param name="labelColumnName">Label column: realised p, a vector of known size.</param>
    /// <param name="featureColumnName">Feature column: a vector of known size.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <param name="q">Q, n × n; absent: a linear program. A number stands for that multiple of the identity.</param>
    /// <param name="g">G, m × n, or absent.</param>
    /// <param name="h">h, m values, or absent.</param>
    /// <param name="a">A, k × n, or absent.</param>
    /// <param name="b">b, k values, or absent.</param>
    /// <param name="lowerBounds">Lower bounds, n values, or absent.</param>
    /// <param name="upperBounds">Upper bounds, n values, or absent.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">Arguments that cannot belong to a quadratic program.</exception>
    /// <example><code>
    /// var decide = ml.Transforms.LearnedQuadraticProgram("Decision", labelColumnName: "Costs", a: flow, b: supply, lowerBounds: 0.0, upperBounds: 1.0);
    /// </code></example>
    public static LearnedQuadraticProgramEstimator LearnedQuadraticProgram(
        this TransformsCatalog catalog,
        string outputColumnName,
        string labelColumnName,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null,
        QuadraticCoefficients? q = null,
        QuadraticCoefficients? g = null,
        QuadraticCoefficients? h = null,
        QuadraticCoefficients? a = null,
        QuadraticCoefficients? b = null,
        QuadraticCoefficients? lowerBounds = null,
        QuadraticCoefficients? upperBounds = null) =>
        catalog.LearnedQuadraticProgram(Given(
            new LearnedQuadraticProgramOptions
            {
                OutputColumnName = outputColumnName,
                LabelColumnName = labelColumnName,
                FeatureColumnName = featureColumnName,
                ExampleWeightColumnName = exampleWeightColumnName,
            },
            q,
            g,
            h,
            a,
            b,
            lowerBounds,
            upperBounds));

    /// <summary>Predicts the data of an optimisation problem and decides by solving it, trained end to end through the solver.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or settings contradict each other.</exception>
    /// <example><code>
    /// var options = new LearnedQuadraticProgramOptions
    /// {
    ///     LabelColumnName = "Costs",
    ///     OutputColumnName = "Decision",
    ///     A = new double[,] { { 1, 1, 1 } },
    ///     B = 1,
    ///     LowerBounds = 0,
    ///     UpperBounds = 1,
    ///     Loss = DecisionLoss.SpoPlus,
    /// };
    ///
    /// LearnedQuadraticProgramTransformer model = ml.Transforms.LearnedQuadraticProgram(options).Fit(history);
    /// </code></example>
    public static LearnedQuadraticProgramEstimator LearnedQuadraticProgram(this TransformsCatalog catalog, LearnedQuadraticProgramOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new LearnedQuadraticProgramEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Compares the decisions of a learned program with the best ones at realised costs.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="model">A trained program that predicts its costs, under constraints that are given.</param>
    /// <param name="data">Rows with what the model reads and their realised costs; not those that it was trained on.</param>
    /// <param name="labelColumnName">Column of realised costs: a vector of Single or Double, one slot a variable.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>Costs and regret.</returns>
    /// <exception cref="ArgumentException">The model has no regret, since it learned constraints or was given its costs; or a column is missing, or has the wrong type or size.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or a feature, cost or weight is not finite, or a weight negative.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    /// <example><code>
    /// DecisionMetrics metrics = ml.Transforms.EvaluateDecisions(model, later, labelColumnName: "Costs");
    /// Console.WriteLine($"mean regret {metrics.MeanRegret:F4}, {metrics.NormalizedRegret:P2} of the best cost");
    /// </code></example>
    public static DecisionMetrics EvaluateDecisions(
        this TransformsCatalog catalog, LearnedQuadraticProgramTransformer model, IDataView data, string labelColumnName = DefaultColumnNames.Label, string? exampleWeightColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        return model.Evaluate(data, labelColumnName, exampleWeightColumnName);
    }

    private static TSettings Given<TSettings>(
        TSettings settings,
        QuadraticCoefficients? q,
        QuadraticCoefficients? g,
        QuadraticCoefficients? h,
        QuadraticCoefficients? a,
        QuadraticCoefficients? b,
        QuadraticCoefficients? lowerBounds,
        QuadraticCoefficients? upperBounds)
        where TSettings : QuadraticProgramSettings
    {
        (settings.Q, settings.G, settings.H, settings.A, settings.B) = (q, g, h, a, b);
        (settings.LowerBounds, settings.UpperBounds) = (lowerBounds, upperBounds);
        return settings;
    }
}
