using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

/// <summary>Adds the implicit models to the catalogs of <see cref="MLContext"/>.</summary>
public static partial class ImplicitCatalog
{
    /// <summary>Predicts one of several classes with a deep-equilibrium model.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size; NaN is a missing value, and none is infinite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium())
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
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
    /// <example><code>
    /// var byOptions = ml.MulticlassClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { HiddenWidth = 256, Training = { Device = "auto" } });
    /// </code></example>
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
    /// <param name="featureColumnName">Feature column: a vector of Single of known size; NaN is a missing value, and none is infinite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var binary = ml.BinaryClassification.Trainers.DeepEquilibrium(labelColumnName: "Defaulted", featureColumnName: "Features");
    /// </code></example>
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
    /// <example><code>
    /// var stable = ml.BinaryClassification.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 10 });
    /// </code></example>
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
    /// <param name="featureColumnName">Feature column: a vector of Single of known size; NaN is a missing value, and none is infinite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var regression = ml.Regression.Trainers.DeepEquilibrium(labelColumnName: "Strength", featureColumnName: "Features");
    /// </code></example>
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
    /// <example><code>
    /// var quick = ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { EnsembleSize = 1, Training = { MaximumEpochs = 50 } });
    /// </code></example>
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
