using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Smooths signals into constant pieces, by a given weight.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Column for the smoothed signals (vector of Single).</param>
    /// <param name="inputColumnName">Column of the signals: a vector of Single or Double, of known or varying length.</param>
    /// <param name="weight">Weight of the total variation, in units of the signals: a bump narrower than 2 × weight ÷ height vanishes.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// TotalVariationTransformer smoother = ml.Transforms.TotalVariation("Steps", "Signal", weight: 0.5).Fit(signals);
    /// </code></example>
    public static TotalVariationEstimator TotalVariation(this TransformsCatalog catalog, string outputColumnName, string inputColumnName, double weight) =>
        catalog.TotalVariation(new TotalVariationOptions { OutputColumnName = outputColumnName, InputColumnName = inputColumnName, Weight = weight });

    /// <summary>Smooths signals into constant pieces, by a weight that is given, or learned from signals without noise.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// TotalVariationTransformer learned = ml.Transforms.TotalVariation(new TotalVariationOptions { InputColumnName = "Signal", TargetColumnName = "Clean" }).Fit(signals);
    /// </code></example>
    public static TotalVariationEstimator TotalVariation(this TransformsCatalog catalog, TotalVariationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new TotalVariationEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Gives the soft ranks of the values of a vector, from 1 for the least value of each row.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">Column for the ranks (vector of Single).</param>
    /// <param name="inputColumnName">Column of the values: a vector of Single or Double, of known or varying length.</param>
    /// <param name="strength">Width over which neighbours blend, in units of the values.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// SoftRankTransformer ranking = ml.Transforms.SoftRank("Ranks", "Signal", strength: 0.1).Fit(signals);
    /// </code></example>
    public static SoftRankEstimator SoftRank(this TransformsCatalog catalog, string outputColumnName, string inputColumnName, double strength = 1) =>
        catalog.SoftRank(new SoftRankOptions { OutputColumnName = outputColumnName, InputColumnName = inputColumnName, Strength = strength });

    /// <summary>Gives the soft ranks of the values of a vector, from 1 for the least value of each row.</summary>
    /// <param name="catalog">The transforms of <see cref="MLContext"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// SoftRankTransformer byOptions = ml.Transforms.SoftRank(new SoftRankOptions { InputColumnName = "Signal", Strength = 0.1 }).Fit(signals);
    /// </code></example>
    public static SoftRankEstimator SoftRank(this TransformsCatalog catalog, SoftRankOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new SoftRankEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }
}
