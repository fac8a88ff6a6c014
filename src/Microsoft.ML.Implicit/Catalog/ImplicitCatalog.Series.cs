using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Predicts one of several classes from a whole irregular series, one series a row.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="timeColumnName">Column of each row's observation times, a vector.</param>
    /// <param name="inputColumnNames">Columns of channels, vectors of Single as long as the times, NaN where not observed; <c>Value</c> where it is <see langword="null"/>.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a channel is named twice.</exception>
    /// <example><code>
    /// var bySpeech = ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation("Speaker", "Second", ["Pitch", "Loudness"]);
    /// </code></example>
    public static ControlledEquationMulticlassTrainer NeuralControlledDifferentialEquation(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string timeColumnName = "Time",
        string[]? inputColumnNames = null,
        string? exampleWeightColumnName = null) =>
        catalog.NeuralControlledDifferentialEquation(SeriesOptions(labelColumnName, timeColumnName, inputColumnNames, exampleWeightColumnName));

    /// <summary>Predicts one of several classes from a whole irregular series, one series a row.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var alongPath = ml.MulticlassClassification.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
    /// {
    ///     LabelColumnName = "Speaker",
    ///     TimeColumnName = "Second",
    ///     InputColumnNames = ["Pitch", "Loudness"],
    ///     Reading = SeriesReadingKind.ControlledDifferentialEquation,
    /// });
    /// </code></example>
    public static ControlledEquationMulticlassTrainer NeuralControlledDifferentialEquation(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ControlledEquationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ControlledEquationMulticlassTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a Boolean from a whole irregular series, one series a row.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="labelColumnName">Label column: Boolean.</param>
    /// <param name="timeColumnName">Column of each row's observation times, a vector.</param>
    /// <param name="inputColumnNames">Columns of channels, vectors of Single as long as the times, NaN where not observed; <c>Value</c> where it is <see langword="null"/>.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a channel is named twice.</exception>
    /// <example><code>
    /// var byVisits = ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation("Died", "Day", ["Bilirubin", "Albumin"]);
    /// </code></example>
    public static ControlledEquationBinaryTrainer NeuralControlledDifferentialEquation(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string timeColumnName = "Time",
        string[]? inputColumnNames = null,
        string? exampleWeightColumnName = null) =>
        catalog.NeuralControlledDifferentialEquation(SeriesOptions(labelColumnName, timeColumnName, inputColumnNames, exampleWeightColumnName));

    /// <summary>Predicts a Boolean from a whole irregular series, one series a row.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var withAge = ml.BinaryClassification.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
    /// {
    ///     LabelColumnName = "Died",
    ///     TimeColumnName = "Day",
    ///     InputColumnNames = ["Bilirubin", "Albumin"],
    ///     StaticColumnNames = ["Age"],
    /// });
    /// </code></example>
    public static ControlledEquationBinaryTrainer NeuralControlledDifferentialEquation(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, ControlledEquationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ControlledEquationBinaryTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a number from a whole irregular series, one series a row.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="labelColumnName">Label column: Single.</param>
    /// <param name="timeColumnName">Column of each row's observation times, a vector.</param>
    /// <param name="inputColumnNames">Columns of channels, vectors of Single as long as the times, NaN where not observed; <c>Value</c> where it is <see langword="null"/>.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A name is empty, or a channel is named twice.</exception>
    /// <example><code>
    /// var survival = ml.Regression.Trainers.NeuralControlledDifferentialEquation("Years", "Day", ["Bilirubin", "Albumin"]);
    /// </code></example>
    public static ControlledEquationRegressionTrainer NeuralControlledDifferentialEquation(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string timeColumnName = "Time",
        string[]? inputColumnNames = null,
        string? exampleWeightColumnName = null) =>
        catalog.NeuralControlledDifferentialEquation(SeriesOptions(labelColumnName, timeColumnName, inputColumnNames, exampleWeightColumnName));

    /// <summary>Predicts a number from a whole irregular series, one series a row.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var causal = ml.Regression.Trainers.NeuralControlledDifferentialEquation(new ControlledEquationOptions
    /// {
    ///     LabelColumnName = "Years",
    ///     TimeColumnName = "Day",
    ///     InputColumnNames = ["Bilirubin", "Albumin"],
    ///     Reading = SeriesReadingKind.ControlledDifferentialEquation,
    ///     Path = SeriesPathKind.Rectilinear,
    /// });
    /// </code></example>
    public static ControlledEquationRegressionTrainer NeuralControlledDifferentialEquation(
        this RegressionCatalog.RegressionTrainers catalog, ControlledEquationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new ControlledEquationRegressionTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Learns a label from a whole irregular series, and gives the hidden state at the end of each series as features.</summary>
    /// <param name="catalog"><see cref="MLContext.Transforms"/>.</param>
    /// <param name="options">All settings; the type of the label column says what is learned.</param>
    /// <param name="outputColumnName">Column of features to add, a vector of Single.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var courses = ml.Transforms.NeuralControlledDifferentialEquation(
    ///     new ControlledEquationOptions { LabelColumnName = "Died", TimeColumnName = "Day", InputColumnNames = ["Bilirubin", "Albumin"] }, "Course");
    /// </code></example>
    public static SeriesFeatureEstimator NeuralControlledDifferentialEquation(
        this TransformsCatalog catalog, ControlledEquationOptions options, string outputColumnName = DefaultColumnNames.Features)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new SeriesFeatureEstimator(CatalogUtils.GetEnvironment(catalog), options, outputColumnName);
    }

    private static ControlledEquationOptions SeriesOptions(string label, string time, string[]? inputs, string? weight)
    {
        var options = new ControlledEquationOptions { LabelColumnName = label, TimeColumnName = time, ExampleWeightColumnName = weight };
        options.InputColumnNames = inputs ?? options.InputColumnNames;
        return options;
    }
}
