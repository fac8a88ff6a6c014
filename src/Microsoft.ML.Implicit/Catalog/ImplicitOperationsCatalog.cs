using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML;

/// <summary>What this library does with trainers rather than as one; see <see cref="ImplicitCatalog.Implicit"/>.</summary>
public sealed class ImplicitOperationsCatalog
{
    internal ImplicitOperationsCatalog()
    {
    }

    /// <summary>
    /// Tunes what a trainer regularises by, in one run: the validation loss is minimised by its exact gradient through training (Lorraine, Vicol and Duvenaud 2020, "Optimizing
    /// millions of hyperparameters by implicit differentiation").
    /// </summary>
    /// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
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
    public RegularizationTuning<TTransformer> TuneRegularization<TTransformer>(
        IRegularizedTrainer<TTransformer> trainer, IDataView train, IDataView validation, RegularizationTuningOptions? options = null)
        where TTransformer : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(validation);
        options ??= new RegularizationTuningOptions();
        options.Validate();
        return trainer.Tune(train, validation, options);
    }
}
