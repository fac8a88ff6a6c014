using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>
    /// Learns clauses from rows of bits that belong together, and completes rows of which some bits are unknown: puzzles, configurations, records whose entries constrain each other.
    /// </summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Column for the completed bits: a vector of Single.</param>
    /// <param name="bitColumnName">Column of bits: a vector of Single, from 0 to 1, NaN where a bit is unknown.</param>
    /// <param name="knownColumnName">
    /// Column that says which bits are known: a vector of Single or Boolean; or <see langword="null"/>: then all bits but NaN are, and training hides bits at random.
    /// </param>
    /// <returns>The estimator.</returns>
    /// <example><code>
    /// MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability("Completed", "Bits").Fit(orders);
    ///
    /// IDataView completed = model.Transform(incomplete);
    /// </code></example>
    public static MaximumSatisfiabilityEstimator MaximumSatisfiability(
        this TransformsCatalog catalog, string outputColumnName, string bitColumnName, string? knownColumnName = null) =>
        catalog.MaximumSatisfiability(new MaximumSatisfiabilityOptions { OutputColumnName = outputColumnName, BitColumnName = bitColumnName, KnownColumnName = knownColumnName });

    /// <summary>Learns clauses from rows of bits that belong together, and completes rows of which some bits are unknown.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var options = new MaximumSatisfiabilityOptions
    /// {
    ///     BitColumnName = "Board",
    ///     KnownColumnName = "Given",
    ///     RefinementRounds = 4,
    /// };
    /// MaximumSatisfiabilityTransformer model = ml.Transforms.MaximumSatisfiability(options).Fit(boards);
    /// </code></example>
    public static MaximumSatisfiabilityEstimator MaximumSatisfiability(this TransformsCatalog catalog, MaximumSatisfiabilityOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MaximumSatisfiabilityEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }
}
