using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>What this library does with trainers, such as tuning their regularisation.</summary>
    /// <param name="context">ML.NET's context.</param>
    /// <returns>The operations.</returns>
    /// <example><code>
    /// ImplicitOperationsCatalog operations = ml.Implicit();
    /// </code></example>
    public static ImplicitOperationsCatalog Implicit(this MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ImplicitOperationsCatalog();
    }

    /// <summary>
    /// Tunes what a trainer regularises by, in one run: the validation loss is minimised by its exact gradient through training (Lorraine, Vicol and Duvenaud 2020, "Optimizing
    /// millions of hyperparameters by implicit differentiation").
    /// </summary>
    /// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
    /// <param name="catalog">The operations of <see cref="MLContext"/>.</param>
    /// <param name="trainer">The trainer, of a penalised linear model, a deep-equilibrium model or a neural ODE. Its own penalties are where tuning sets out.</param>
    /// <param name="train">Training rows, with the trainer's columns.</param>
    /// <param name="validation">Validation rows, with the same columns.</param>
    /// <param name="options">What is tuned, and how; <see langword="null"/> for a penalty a feature or layer.</param>
    /// <returns>The tuned model, the trainer with the tuned penalties, and what was found.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, a setting is out of range, or the trainer has not what is to be tuned.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <example><code>
    /// RegularizationTuning&lt;RegressionPredictionTransformer&lt;LinearRegressionModelParameters&gt;&gt; tuned =
    ///     ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear("Strength"), split.TrainSet, split.TestSet);
    /// </code></example>
    public static RegularizationTuning<TTransformer> TuneRegularization<TTransformer>(
        this ImplicitOperationsCatalog catalog,
        IRegularizedTrainer<TTransformer> trainer,
        IDataView train,
        IDataView validation,
        RegularizationTuningOptions? options = null)
        where TTransformer : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        options ??= new RegularizationTuningOptions();
        options.Validate();
        return trainer.Tune(train, validation, options);
    }

    /// <summary>Predicts a number with a linear model whose weights have penalties of their own.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="labelColumnName">Label column: Single.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var linear = ml.Regression.Trainers.PenalizedLinear("Strength");
    /// </code></example>
    public static PenalizedLinearRegressionTrainer PenalizedLinear(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName });

    /// <summary>Predicts a number with a linear model whose weights have penalties of their own.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.Regression"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var linearWithOptions = ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = "Strength", Penalty = 0.01 });
    /// </code></example>
    public static PenalizedLinearRegressionTrainer PenalizedLinear(this RegressionCatalog.RegressionTrainers catalog, PenalizedLinearOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PenalizedLinearRegressionTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts a Boolean with a linear model whose weights have penalties of their own.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="labelColumnName">Label column: Boolean.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var logistic = ml.BinaryClassification.Trainers.PenalizedLinear("Defaulted");
    /// </code></example>
    public static PenalizedLinearBinaryTrainer PenalizedLinear(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName });

    /// <summary>Predicts a Boolean with a linear model whose weights have penalties of their own.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var logisticWithOptions = ml.BinaryClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = "Defaulted", Penalty = 0.01 });
    /// </code></example>
    public static PenalizedLinearBinaryTrainer PenalizedLinear(this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, PenalizedLinearOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PenalizedLinearBinaryTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Predicts one of several classes with a linear model whose weights have penalties of their own.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="featureColumnName">Feature column: a vector of Single of known size, finite in training.</param>
    /// <param name="exampleWeightColumnName">Column of example weights (Single), or <see langword="null"/>.</param>
    /// <returns>The trainer.</returns>
    /// <example><code>
    /// var softmax = ml.MulticlassClassification.Trainers.PenalizedLinear("Species");
    /// </code></example>
    public static PenalizedLinearMulticlassTrainer PenalizedLinear(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label,
        string featureColumnName = DefaultColumnNames.Features,
        string? exampleWeightColumnName = null) =>
        catalog.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = labelColumnName, FeatureColumnName = featureColumnName, ExampleWeightColumnName = exampleWeightColumnName });

    /// <summary>Predicts one of several classes with a linear model whose weights have penalties of their own.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <param name="options">All settings.</param>
    /// <returns>The trainer.</returns>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <example><code>
    /// var softmaxWithOptions = ml.MulticlassClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = "Species", Penalty = 0.01 });
    /// </code></example>
    public static PenalizedLinearMulticlassTrainer PenalizedLinear(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, PenalizedLinearOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new PenalizedLinearMulticlassTrainer(CatalogUtils.GetEnvironment(catalog), options);
    }
}
