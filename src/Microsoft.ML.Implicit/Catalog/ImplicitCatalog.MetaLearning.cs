using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Predicts a number with a linear model for each task, such as a store or a patient, that a few of its rows suffice for.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="labelColumnName">Label column: Single.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="taskColumnName">Column that says which task a row belongs to: text, a key or a number.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var perSubject = ml.Regression.Trainers.MetaLearnedLinear("Reaction", taskColumnName: "Subject");
    /// </code></example>
    public static MetaLearnedLinearTrainer MetaLearnedLinear(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null) =>
        catalog.MetaLearnedLinear(MetaLearned(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName));

    /// <summary>Predicts a number with a linear model for each task, such as a store or a patient, that a few of its rows suffice for, with all settings.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var perSubjectWithOptions = ml.Regression.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { LabelColumnName = "Reaction", TaskColumnName = "Subject", Seed = 2 });
    /// </code></example>
    public static MetaLearnedLinearTrainer MetaLearnedLinear(this RegressionCatalog.RegressionTrainers catalog, MetaLearnedLinearOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnedLinearTrainer(CatalogUtils.GetEnvironment(catalog), options, new RegressionLabel());
    }

    /// <summary>Predicts a Boolean with a linear model for each task, such as a store or a patient, that a few of its rows suffice for.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="labelColumnName">Label column: Boolean.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="taskColumnName">Column that says which task a row belongs to: text, a key or a number.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var perSubjectYesOrNo = ml.BinaryClassification.Trainers.MetaLearnedLinear("IsSlow", taskColumnName: "Subject");
    /// </code></example>
    public static MetaLearnedLinearTrainer MetaLearnedLinear(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null) =>
        catalog.MetaLearnedLinear(MetaLearned(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName));

    /// <summary>Predicts a Boolean with a linear model for each task, such as a store or a patient, that a few of its rows suffice for, with all settings.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var perSubjectYesOrNoWithOptions = ml.BinaryClassification.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { LabelColumnName = "IsSlow", TaskColumnName = "Subject" });
    /// </code></example>
    public static MetaLearnedLinearTrainer MetaLearnedLinear(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, MetaLearnedLinearOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnedLinearTrainer(CatalogUtils.GetEnvironment(catalog), options, new BinaryLabel());
    }

    /// <summary>Predicts one of several classes with a linear model for each task, such as a store or a patient, that a few of its rows suffice for.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="taskColumnName">Column that says which task a row belongs to: text, a key or a number.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var perSubjectClasses = ml.MulticlassClassification.Trainers.MetaLearnedLinear("Stage", taskColumnName: "Subject");
    /// </code></example>
    public static MetaLearnedLinearTrainer MetaLearnedLinear(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string taskColumnName = "Task",
        string? exampleWeightColumnName = null) =>
        catalog.MetaLearnedLinear(MetaLearned(labelColumnName, featureColumnName, taskColumnName, exampleWeightColumnName));

    /// <summary>Predicts one of several classes with a linear model for each task, such as a store or a patient, that a few of its rows suffice for, with all settings.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var perSubjectClassesWithOptions = ml.MulticlassClassification.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { LabelColumnName = "Stage", TaskColumnName = "Subject" });
    /// </code></example>
    public static MetaLearnedLinearTrainer MetaLearnedLinear(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, MetaLearnedLinearOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new MetaLearnedLinearTrainer(CatalogUtils.GetEnvironment(catalog), options, new MulticlassLabel());
    }

    private static MetaLearnedLinearOptions MetaLearned(string label, string features, string task, string? weight) =>
        new() { LabelColumnName = label, FeatureColumnName = features, TaskColumnName = task, ExampleWeightColumnName = weight };
}
