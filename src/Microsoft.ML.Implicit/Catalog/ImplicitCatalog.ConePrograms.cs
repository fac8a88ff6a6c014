using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>
    /// Solves a convex program in every row. Each parameter is read from the column of its name; each variable, and the multipliers of each named constraint, are written
    /// to the column of theirs, beside the columns Objective and Status.
    /// </summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="program">The program.</param>
    /// <returns>The estimator.</returns>
    /// <example><code>
    /// // The mix of three goods that is best for its price, no farther than 0.3 from a recipe.
    /// var prices = new Parameter("Prices", 3);
    /// var mix = new Variable("Mix", 3, sign: Sign.Nonnegative);
    /// ConvexProgram program = ConvexProgram.Minimize(Functions.Dot(prices, mix), Functions.Sum(mix).EqualTo(1), Functions.Norm2(mix - recipe) &lt;= 0.3);
    /// IDataView mixes = ml.Transforms.ConeProgram(program).Fit(goods).Transform(goods);
    /// </code></example>
    public static ConeProgramEstimator ConeProgram(this TransformsCatalog catalog, ConvexProgram program) => catalog.ConeProgram(new ConeProgramOptions { Program = program });

    /// <summary>Solves a convex program in every row.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or names what the program does not have.</exception>
    /// <example><code>
    /// var options = new ConeProgramOptions
    /// {
    ///     Program = program,
    ///     ColumnNames = new Dictionary&lt;string, string&gt; { ["Prices"] = "Forecast" },
    ///     UnsolvedRows = UnsolvedRowHandling.ReturnMissing,
    /// };
    /// IDataView mixes = ml.Transforms.ConeProgram(options).Fit(goods).Transform(goods);
    /// </code></example>
    public static ConeProgramEstimator ConeProgram(this TransformsCatalog catalog, ConeProgramOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ConeProgramEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>
    /// Predicts parameters of a convex program from features and decides by solving it, trained end to end through the solver rather than on the error of the prediction.
    /// </summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or names what the program does not have.</exception>
    /// <example><code>
    /// var options = new LearnedConeProgramOptions
    /// {
    ///     Program = program,
    ///     LearnedParameters = ["Returns"],
    ///     Loss = DecisionLoss.Regret,
    /// };
    /// LearnedConeProgramTransformer model = ml.Transforms.LearnedConeProgram(options).Fit(history);
    /// </code></example>
    public static LearnedConeProgramEstimator LearnedConeProgram(this TransformsCatalog catalog, LearnedConeProgramOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new LearnedConeProgramEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }
}
