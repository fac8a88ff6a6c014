using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Trainers;

namespace Microsoft.ML;

public static partial class ImplicitCatalog
{
    /// <summary>Predicts one of several classes with a binary model of this library a class, which tells that class from all others.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <typeparam name="TTransformer">The binary model as a transformer.</typeparam>
    /// <typeparam name="TModel">The binary model.</typeparam>
    /// <param name="binaryEstimator">Trainer of the binary models, deep-equilibrium or neural ODE; its label column must be <paramref name="labelColumnName"/>, whose keys are turned into Booleans.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="imputeMissingLabelsAsNegative">Whether a row with a missing label belongs to none of the classes, or is left out.</param>
    /// <param name="useProbabilities">Whether classes are compared by their probabilities, whose sum is made 1, or by their log-odds.</param>
    /// <returns>ML.NET's own trainer.</returns>
    /// <remarks>ML.NET's function of this name takes trainers of its own sealed transformer only. No calibrator is needed: scores are log-odds.</remarks>
    /// <exception cref="ArgumentException">The trainer's label column is another one, or it learns no Boolean.</exception>
    /// <example><code>
    /// var oneVersusAll = ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.DeepEquilibrium());
    /// </code></example>
    public static OneVersusAllTrainer OneVersusAll<TTransformer, TModel>(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        PredictionTrainer<TTransformer, TModel> binaryEstimator,
        string labelColumnName = DefaultColumnNames.Label,
        bool imputeMissingLabelsAsNegative = false,
        bool useProbabilities = true)
        where TTransformer : PredictionTransformer<TModel>
        where TModel : PredictionModelParameters =>
        catalog.OneVersusAll(Predictors(catalog, binaryEstimator, labelColumnName), labelColumnName, imputeMissingLabelsAsNegative, useProbabilities: useProbabilities);

    /// <summary>Predicts one of three or more classes with a binary model of this library for each pair of classes, which tells these from the others.</summary>
    /// <param name="catalog">The trainers of <see cref="MLContext.MulticlassClassification"/>.</param>
    /// <typeparam name="TTransformer">The binary model as a transformer.</typeparam>
    /// <typeparam name="TModel">The binary model.</typeparam>
    /// <param name="binaryEstimator">Trainer of the binary models, deep-equilibrium or neural ODE; its label column must be <paramref name="labelColumnName"/>, whose keys are turned into Booleans.</param>
    /// <param name="labelColumnName">Label column: a key of known count.</param>
    /// <param name="imputeMissingLabelsAsNegative">Whether a row with a missing label belongs to none of the classes, or is left out.</param>
    /// <returns>ML.NET's own trainer.</returns>
    /// <remarks>Of two classes the only pair is all there is, and nothing is left to tell it from. No calibrator is needed: scores are log-odds.</remarks>
    /// <exception cref="ArgumentException">The trainer's label column is another one, or it learns no Boolean.</exception>
    /// <example><code>
    /// var pairwise = ml.MulticlassClassification.Trainers.PairwiseCoupling(ml.BinaryClassification.Trainers.DeepEquilibrium());
    /// </code></example>
    public static PairwiseCouplingTrainer PairwiseCoupling<TTransformer, TModel>(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        PredictionTrainer<TTransformer, TModel> binaryEstimator,
        string labelColumnName = DefaultColumnNames.Label,
        bool imputeMissingLabelsAsNegative = false)
        where TTransformer : PredictionTransformer<TModel>
        where TModel : PredictionModelParameters =>
        catalog.PairwiseCoupling(Predictors(catalog, binaryEstimator, labelColumnName), labelColumnName, imputeMissingLabelsAsNegative);

    /// <summary>Creates a model that answers true from another score on.</summary>
    /// <param name="catalog"><see cref="MLContext.BinaryClassification"/>.</param>
    /// <param name="model">A trained binary model.</param>
    /// <param name="threshold">Score, the log-odds, above which the predicted label is true; 0, a probability of a half, in a model as it was trained.</param>
    /// <returns>The new model; the given one stays as it is.</returns>
    /// <remarks>ML.NET's own function of this name takes its own sealed transformer only.</remarks>
    /// <exception cref="ArgumentException">The model is no binary one, or the threshold is no number.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    /// <example><code>
    /// DeepEquilibriumTransformer cautious = ml.BinaryClassification.ChangeModelThreshold(binaryModel, threshold: 1.5f);
    /// </code></example>
    public static DeepEquilibriumTransformer ChangeModelThreshold(this BinaryClassificationCatalog catalog, DeepEquilibriumTransformer model, float threshold)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return model.WithThreshold(threshold);
    }

    /// <inheritdoc cref="ChangeModelThreshold(BinaryClassificationCatalog, DeepEquilibriumTransformer, float)"/>
    /// <example><code>
    /// NeuralOdeTransformer cautious = ml.BinaryClassification.ChangeModelThreshold(binaryModel, threshold: 1.5f);
    /// </code></example>
    public static NeuralOdeTransformer ChangeModelThreshold(this BinaryClassificationCatalog catalog, NeuralOdeTransformer model, float threshold)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        return model.WithThreshold(threshold);
    }

    private static BinaryPredictorTrainer<TTransformer, TModel> Predictors<TTransformer, TModel>(
        MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, PredictionTrainer<TTransformer, TModel> trainer, string labelColumnName)
        where TTransformer : PredictionTransformer<TModel>
        where TModel : PredictionModelParameters
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(trainer);

        // ML.NET turns the keys into Booleans under the name that they have: a trainer of another column would learn that one.
        return trainer.LabelColumnName != labelColumnName
            ? throw new ArgumentException(
                $"The binary trainer learns column '{trainer.LabelColumnName}', and the classes to tell apart are those of column '{labelColumnName}'. Give both the same name.", nameof(labelColumnName))
            : trainer.ForPart() is { } part
                ? new BinaryPredictorTrainer<TTransformer, TModel>(CatalogUtils.GetEnvironment(catalog), part)
                : throw new ArgumentException("The trainer learns no Boolean: classes are told apart by trainers of MLContext.BinaryClassification.", nameof(trainer));
    }
}
