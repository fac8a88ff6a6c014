using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

/// <summary>Adds the implicit models to the catalogs of <see cref="MLContext"/>.</summary>
public static partial class ImplicitCatalog
{
    /// <summary>Predicts one of several classes with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var model = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
    ///     .Fit(data);
    /// </code></example>
    public static DeepEquilibriumMulticlassTrainer DeepEquilibrium(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.DeepEquilibrium(Columns(labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts one of several classes with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static DeepEquilibriumMulticlassTrainer DeepEquilibrium(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        DeepEquilibriumOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new DeepEquilibriumMulticlassTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a Boolean with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="labelColumnName">Label column: Boolean.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    public static DeepEquilibriumBinaryTrainer DeepEquilibrium(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.DeepEquilibrium(Columns(labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts a Boolean with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static DeepEquilibriumBinaryTrainer DeepEquilibrium(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        DeepEquilibriumOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new DeepEquilibriumBinaryTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a number with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="labelColumnName">Label column: Single.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    public static DeepEquilibriumRegressionTrainer DeepEquilibrium(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.DeepEquilibrium(Columns(labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts a number with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public static DeepEquilibriumRegressionTrainer DeepEquilibrium(
        this RegressionCatalog.RegressionTrainers catalog,
        DeepEquilibriumOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new DeepEquilibriumRegressionTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    private static DeepEquilibriumOptions Columns(string label, string feature, string? weight) =>
        new() { LabelColumnName = label, FeatureColumnName = feature, ExampleWeightColumnName = weight };
}
