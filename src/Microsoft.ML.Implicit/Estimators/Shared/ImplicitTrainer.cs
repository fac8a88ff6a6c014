using System.Runtime.CompilerServices;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>An estimator that trains a model by gradients.</summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class ImplicitTrainer<TTransformer, TModel> : ImplicitEstimator<TTransformer>
    where TTransformer : class, ITransformer
    where TModel : ImplicitModelParameters
{
    private readonly ITrainerOptions _options;

    private protected ImplicitTrainer(IHostEnvironment environment, string name, ITrainerOptions options)
        : base(environment, name, options) => _options = options;

    /// <summary>What ML.NET asks about trainers: nothing is to be normalised or cached for it, and it can be given validation rows.</summary>
    public TrainerInfo Info { get; } = new(normalization: false, caching: false, supportValid: true);

    /// <summary>Trains a model.</summary>
    /// <param name="input">Training rows; see <see cref="TrainingOptions.ValidationFraction"/> for what is held out.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, or has the wrong type or size, or a setting does not fit the data.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public sealed override TTransformer Fit(IDataView input) => Train(input, null, null);

    /// <summary>Trains a model, stopping early by the loss on given validation rows.</summary>
    /// <param name="trainData">Training rows; nothing of them is held out where validation rows are given.</param>
    /// <param name="validationData">Validation rows with the same columns, or <see langword="null"/>.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">A column is missing, or has the wrong type or size, or a setting does not fit the data.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public TTransformer Fit(IDataView trainData, IDataView? validationData) => Train(trainData, validationData, null);

    /// <summary>Goes on with the training of a model, on the rows that it was trained on or on others.</summary>
    /// <param name="trainData">Training rows.</param>
    /// <param name="initialModel">
    /// Model to set out from, of this kind and of the same columns; it stays as it is. What gives it its shape (networks, widths, encoding and units of the data,
    /// classes) is kept, and options that say something else of it are refused; thresholds and bounds are set anew on the rows given.
    /// </param>
    /// <param name="validationData">Validation rows with the same columns, or <see langword="null"/>. Where the model that was set out from is best on them, it is what is returned.</param>
    /// <returns>The trained model as a transformer.</returns>
    /// <exception cref="ArgumentException">The model does not fit the data or the options; a column is missing, or has the wrong type or size, or a setting does not fit the data.</exception>
    /// <exception cref="InvalidOperationException">The data cannot be trained on, or training stopped being finite; the message says why.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>A literal <see langword="null"/> as second argument stands for no validation rows, not for no model.</remarks>
    [OverloadResolutionPriority(-1)]
    public TTransformer Fit(IDataView trainData, TModel initialModel, IDataView? validationData = null)
    {
        ArgumentNullException.ThrowIfNull(initialModel);
        initialModel.ThrowIfDisposed();
        return Train(trainData, validationData, initialModel);
    }

    /// <summary>Checks everything that a schema says about the data.</summary>
    /// <exception cref="ArgumentException">A column is missing, or has the wrong type or size.</exception>
    private protected virtual void CheckData(DataViewSchema schema) => CheckColumns(SchemaShape.Create(schema));

    private protected abstract IModelTraining<TModel> CreateTraining(DataViewSchema schema, TrainingRun run);

    private protected abstract TTransformer CreateTransformer(TModel model, DataViewSchema schema);

    private TTransformer Train(IDataView trainData, IDataView? validationData, TModel? initialModel)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        CheckData(trainData.Schema);
        if (validationData is not null)
        {
            CheckData(validationData.Schema);
            ValidationRows.CheckClasses(trainData.Schema, validationData.Schema, _options.LabelColumns.Select(label => label.Column).OfType<string>());
        }

        using var run = new TrainingRun(Host, _options.Training);
        return CreateTransformer(CreateTraining(trainData.Schema, run).Fit(trainData, validationData, initialModel), trainData.Schema);
    }
}
