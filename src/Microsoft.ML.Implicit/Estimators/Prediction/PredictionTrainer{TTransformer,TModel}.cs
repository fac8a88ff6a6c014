using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>An estimator of a model from a feature vector to a label. Features are standardised inside the model.</summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class PredictionTrainer<TTransformer, TModel> : ImplicitTrainer<TTransformer, TModel>, ITrainerEstimator<TTransformer, TModel>, IRegularizedTrainer<TTransformer>
    where TTransformer : PredictionTransformer<TModel>
    where TModel : PredictionModelParameters
{
    private readonly PredictionTrainerOptions _options;
    private readonly LabelKind _label;

    private protected PredictionTrainer(IHostEnvironment environment, string name, PredictionTrainerOptions options, LabelKind label)
        : base(environment, name, options)
    {
        (_options, _label) = (options, label);
        Setting.Require(options.RankWeight == 0 || label.HasOrder, nameof(options.RankWeight), "must be 0 where a label is one of several classes, which have no order");
    }

    internal string LabelColumnName => _options.LabelColumnName;

    /// <summary>The same trainer for a part of a problem with several classes, whose rows may all have one label; <see langword="null"/> where it learns no Boolean.</summary>
    internal virtual PredictionTrainer<TTransformer, TModel>? ForPart() => null;

    RegularizationTuning<TTransformer> IRegularizedTrainer<TTransformer>.Tune(IDataView train, IDataView validation, RegularizationTuningOptions options)
    {
        Setting.Require(options.ValidationFolds is null or 0, nameof(options.ValidationFolds), "is for linear models");
        using var cancellation = new TrainingCancellation(Host, options.CancellationToken);
        TrainingOptions training = _options.Training.ForTuning(_options.Training.Seed ?? Host.Rand.Next(), cancellation.Token);
        HeldOutAgreement? agreement = options.TuneExampleWeights ? FindAgreement(train, training) : null;
        using var tuner = new NetworkTuner(options, _options.Penalties, _options.InputNoise, agreement?.Values);
        try
        {
            using var onTheWay = (IDisposable)With(_options.With(tuner, training)).Fit(train, validation);
        }
        catch (OperationCanceledException) when (options.OnCancellation == CancellationBehavior.ReturnBestModel && tuner.History.Count > 0)
        {
        }

        PredictionTrainerOptions tuned = _options.WithTuned(tuner);
        TTransformer found = With(tuned.With(tuner.FoundWeights)).Fit(train, validation), own = Fit(train, validation);
        (bool isKept, double loss) = Compare(found.Model, own.Model, validation);
        PredictionTrainerOptions settings = isKept ? tuned : _options;
        ((IDisposable)(isKept ? own : found)).Dispose();
        return new RegularizationTuning<TTransformer>(
            isKept ? found : own,
            isKept ? With(tuned) : this,
            [.. settings.Penalties?.Select(penalty => new TunedPenalty(penalty.Key, penalty.Value)) ?? []],
            tuner.FoundWeights is null ? null : agreement!.Places.Spread(tuner.FoundWeights.Values),
            options.TuneInputNoise ? settings.InputNoise : null,
            tuner.History,
            loss,
            isKept);
    }

    private HeldOutAgreement FindAgreement(IDataView train, TrainingOptions training)
    {
        Setting.Require(!_options.ReadsImages, nameof(RegularizationTuningOptions.TuneExampleWeights), "is for linear models and dense networks");
        var agreement = new HeldOutAgreement();
        using var folded = (IDisposable)With(_options.With(agreement, training)).Fit(train);
        return agreement;
    }

    // Better is what is so by more than the standard error of the difference, for validation rows were tuned by. The loss is that of the one to be kept.
    private (bool IsBetter, double Loss) Compare(TModel found, TModel own, IDataView validation)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        using IChannel channel = Host.Start("Comparing");
        using TrainingSet rows = _options.CreateReader().Read(validation, channel, CancellationToken.None);
        Tensor losses = found.Losses(rows), ownLosses = own.Losses(rows), gains = ownLosses - losses;
        bool isBetter = rows.Count > 1 && gains.mean().item<float>() > gains.std().item<float>() / Math.Sqrt(rows.Count);
        return (isBetter, (isBetter ? losses : ownLosses).mean().item<float>());
    }

    /// <summary>The same trainer with other settings.</summary>
    private protected abstract PredictionTrainer<TTransformer, TModel> With(PredictionTrainerOptions options);

    private protected override void CheckColumns(SchemaShape schema)
    {
        InputColumns.CheckVector(schema, nameof(_options.FeatureColumnName), _options.FeatureColumnName);
        _label.Check(InputColumns.Find(schema, nameof(_options.LabelColumnName), _options.LabelColumnName), nameof(_options.LabelColumnName));
        InputColumns.CheckWeight(schema, _options.ExampleWeightColumnName);
    }

    private protected override void CheckData(DataViewSchema schema)
    {
        base.CheckData(schema);
        if (_options.EmbedCategories)
        {
            CategoricalSlots.Of(schema[_options.FeatureColumnName], schema);
        }

        if (_options.ReadsImages)
        {
            _options.Image!.Value.CheckDimensions(schema[_options.FeatureColumnName]);
        }
    }

    private protected override IModelTraining<TModel> CreateTraining(DataViewSchema schema, TrainingRun run)
    {
        DataViewSchema.Column label = schema[_options.LabelColumnName];
        _label.Check(label);
        return CreateTraining(data => _label.CreateTask(label, data.Labels), run);
    }

    /// <summary>Creates a training.</summary>
    /// <param name="createTask">Makes of all rows what is to be predicted.</param>
    /// <param name="run">The run.</param>
    private protected abstract IModelTraining<TModel> CreateTraining(Func<TrainingSet, PredictionTask> createTask, TrainingRun run);

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        _label.GetOutputColumns(inputSchema.First(column => column.Name == _options.LabelColumnName));
}
