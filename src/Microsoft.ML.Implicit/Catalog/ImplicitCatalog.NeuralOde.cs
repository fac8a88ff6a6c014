using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Predicts one of several classes with a neural ODE.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size; NaN is a missing value, and none is infinite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
    ///     .Append(ml.MulticlassClassification.Trainers.NeuralOde())
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    /// </code></example>
    public static NeuralOdeMulticlassTrainer NeuralOde(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.NeuralOde(OdeColumns(labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts one of several classes with a neural ODE.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var augmented = ml.MulticlassClassification.Trainers.NeuralOde(new NeuralOdeOptions { AugmentedDimensions = 5, EvaluationColumnName = "Evaluations" });
    /// </code></example>
    public static NeuralOdeMulticlassTrainer NeuralOde(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        NeuralOdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new NeuralOdeMulticlassTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a Boolean with a neural ODE.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="labelColumnName">Label column: Boolean.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size; NaN is a missing value, and none is infinite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var ode = ml.BinaryClassification.Trainers.NeuralOde(labelColumnName: "Defaulted", featureColumnName: "Features");
    /// </code></example>
    public static NeuralOdeBinaryTrainer NeuralOde(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.NeuralOde(OdeColumns(labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts a Boolean with a neural ODE.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var regular = ml.BinaryClassification.Trainers.NeuralOde(new NeuralOdeOptions { KineticPenalty = 0.1, JacobianPenalty = 0.1 });
    /// </code></example>
    public static NeuralOdeBinaryTrainer NeuralOde(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        NeuralOdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new NeuralOdeBinaryTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a number with a neural ODE.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="labelColumnName">Label column: Single.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size; NaN is a missing value, and none is infinite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var number = ml.Regression.Trainers.NeuralOde(labelColumnName: "Strength", featureColumnName: "Features");
    /// </code></example>
    public static NeuralOdeRegressionTrainer NeuralOde(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.NeuralOde(OdeColumns(labelColumnName, featureColumnName, exampleWeightColumnName));

    /// <summary>Predicts a number with a neural ODE.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var random = ml.Regression.Trainers.NeuralOde(new NeuralOdeOptions { EndTimeSpread = 0.5, Tolerance = 1e-4 });
    /// </code></example>
    public static NeuralOdeRegressionTrainer NeuralOde(
        this RegressionCatalog.RegressionTrainers catalog,
        NeuralOdeOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new NeuralOdeRegressionTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    private static NeuralOdeOptions OdeColumns(string label, string feature, string? weight) =>
        new() { LabelColumnName = label, FeatureColumnName = feature, ExampleWeightColumnName = weight };
}
