using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Trains a linear model with a penalty on each weight, to its minimum by Newton's method in float64. What it gives is ML.NET's own linear model. Features are standardised
/// in training, and weights given in the features' own units.
/// </summary>
/// <typeparam name="TTransformer">The trained model as a transformer.</typeparam>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class PenalizedLinearTrainer<TTransformer, TModel> : ImplicitEstimator<TTransformer>, ITrainerEstimator<TTransformer, TModel>, IRegularizedTrainer<TTransformer>, IDistillingTrainer
    where TTransformer : class, ISingleFeaturePredictionTransformer<TModel>
    where TModel : class
{
    // Of the Newton decrement, which is twice what is left to gain: of weights about its root.
    private const double Tolerance = 1e-22;

    private readonly LabelKind _label;

    private protected PenalizedLinearTrainer(IHostEnvironment environment, string name, PenalizedLinearOptions options, LabelKind label)
        : base(environment, name, options) => (Options, _label) = (options, label);

    /// <summary>What ML.NET asks about trainers: nothing is to be normalised or cached for it.</summary>
    public TrainerInfo Info { get; } = new(normalization: false, caching: false);

    private protected PenalizedLinearOptions Options { get; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public override TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using IChannel channel = Host.Start("Training");
        using var cancellation = new TrainingCancellation(Host, Options.CancellationToken);
        using DisposeScope scope = NewDisposeScope();
        using LinearData data = Read(input, channel, cancellation.Token);
        using Tensor penalties = data.PenaltiesOf(Options);
        using LinearFit fit = data.Problem.Minimize(penalties, data.Problem.Shares, data.Problem.Start(), Tolerance, Options.MaximumIterations, cancellation.Token);
        return Create(fit, data, input.Schema, channel);
    }

    RegularizationTuning<TTransformer> IRegularizedTrainer<TTransformer>.Tune(IDataView train, IDataView validation, RegularizationTuningOptions options)
    {
        Setting.Require(!options.TuneInputNoise, nameof(options.TuneInputNoise), "is for networks: in a linear model noise of the inputs is a penalty on each weight");
        using IChannel channel = Host.Start("Tuning");
        using var cancellation = new TrainingCancellation(Host, options.CancellationToken);
        using DisposeScope scope = NewDisposeScope();
        var places = new RowPlaces();
        using LinearData data = Read(train, channel, cancellation.Token, places);
        LinearRows held = ReadValidation(validation, train.Schema, data, channel, cancellation.Token);
        using Tensor initial = data.PenaltiesOf(Options);
        using var tuning = new LinearTuning(data.Problem, held, initial.narrow(0, 0, initial.shape[0] - 1), options, cancellation.Token);
        using LinearTuningResult found = tuning.Run(Tolerance);
        return new RegularizationTuning<TTransformer>(
            Create(found.Fit, data, train.Schema, channel),
            WithPenalties(found.Penalties),
            [.. data.FeatureNames.Zip(found.Penalties, (name, penalty) => new TunedPenalty(name, penalty))],
            found.ExampleWeights is null ? null : places.Spread(found.ExampleWeights),
            null,
            found.History,
            found.History[found.History[^1].BestEvaluation - 1].ValidationLoss,
            isKept: true);
    }

    RowDistillation IDistillingTrainer.Distill(IDataView data, RowDistillationOptions options)
    {
        using IChannel channel = Host.Start("Distillation");
        using var cancellation = new TrainingCancellation(Host, options.CancellationToken);
        using DisposeScope scope = NewDisposeScope();
        using LinearData read = Read(data, channel, cancellation.Token);
        using Tensor penalties = read.PenaltiesOf(Options);
        var distillation = new LinearDistillation(read.Problem, penalties, Options.ExampleWeightColumnName is not null, options, cancellation.Token);
        (double full, double random) = (distillation.FullLoss(), distillation.RandomLoss());
        var table = DistilledTable.Of(distillation.Run(), read.Scale, read.Problem.Loss);
        double loss = distillation.LossOf(table.Read(read.Scale, read.Problem.Loss));
        IDataView view = table.ToDataView(data.Schema, Options.FeatureColumnName, Options.LabelColumnName, Options.ExampleWeightColumnName);
        return new RowDistillation(view, loss, full, random, distillation.History);
    }

    /// <summary>The same trainer with a penalty for each feature.</summary>
    private protected PenalizedLinearTrainer<TTransformer, TModel> WithPenalties(IReadOnlyList<double> penalties) => WithOptions(Options.With(penalties));

    private protected abstract PenalizedLinearTrainer<TTransformer, TModel> WithOptions(PenalizedLinearOptions options);

    /// <summary>The loss for labels.</summary>
    /// <param name="label">The label column.</param>
    /// <param name="labels">float32 <c>[rows]</c>.</param>
    private protected abstract LinearLoss CreateLoss(DataViewSchema.Column label, Tensor labels);

    /// <summary>Makes ML.NET's model.</summary>
    /// <param name="weights">Weights of each output, for features as they are.</param>
    /// <param name="intercepts">Of each output.</param>
    /// <param name="loss">What <see cref="CreateLoss"/> created.</param>
    /// <param name="schema">Of the training rows.</param>
    private protected abstract TTransformer CreateTransformer(double[][] weights, double[] intercepts, LinearLoss loss, DataViewSchema schema);

    private protected static VBuffer<float> Singles(double[] values) => new(values.Length, Array.ConvertAll(values, value => (float)value));

    private protected override void CheckColumns(SchemaShape schema)
    {
        InputColumns.CheckVector(schema, nameof(Options.FeatureColumnName), Options.FeatureColumnName);
        _label.Check(InputColumns.Find(schema, nameof(Options.LabelColumnName), Options.LabelColumnName), nameof(Options.LabelColumnName));
        InputColumns.CheckWeight(schema, Options.ExampleWeightColumnName);
    }

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        _label.GetOutputColumns(inputSchema.First(column => column.Name == Options.LabelColumnName));

    private LinearData Read(IDataView data, IChannel channel, CancellationToken cancellationToken, RowPlaces? places = null)
    {
        CheckColumns(SchemaShape.Create(data.Schema));
        DataViewSchema.Column label = data.Schema[Options.LabelColumnName];
        _label.Check(label);
        using TrainingSet set = ReadRows(data, channel, cancellationToken, places);
        PredictionTask task = _label.CreateTask(label, set.Labels);
        LinearScale scale = LinearScale.Of(set.Features);
        LinearLoss loss = CreateLoss(label, set.Labels);
        return new LinearData(new LinearProblem(loss, LinearRows.Of(set, scale, loss)), scale, FeatureName.Of(data.Schema[Options.FeatureColumnName]), task);
    }

    private LinearRows ReadValidation(IDataView data, DataViewSchema trainSchema, LinearData training, IChannel channel, CancellationToken cancellationToken)
    {
        CheckColumns(SchemaShape.Create(data.Schema));
        ValidationRows.CheckClasses(trainSchema, data.Schema, [Options.LabelColumnName]);
        foreach (string name in new[] { Options.FeatureColumnName, Options.LabelColumnName })
        {
            DataViewType expected = trainSchema[name].Type, found = data.Schema[name].Type;
            if (!expected.Equals(found))
            {
                throw new ArgumentException($"Column '{name}' of the validation rows holds {found}, and that of the training rows {expected}.", nameof(data));
            }
        }

        using TrainingSet set = ValidationRows.Read(() => ReadRows(data, channel, cancellationToken));
        if (training.Task.DoubtOfRows(set.Labels, Options.LabelColumnName) is { } doubt)
        {
            channel.Warning(ValidationRows.Warning(doubt));
        }

        return LinearRows.Of(set, training.Scale, training.Problem.Loss);
    }

    private TrainingSet ReadRows(IDataView data, IChannel channel, CancellationToken cancellationToken, RowPlaces? places = null) =>
        new TrainingSetReader(Options.FeatureColumnName, Options.LabelColumnName, Options.ExampleWeightColumnName) { Places = places }.Read(data, channel, cancellationToken);

    private TTransformer Create(LinearFit fit, LinearData data, DataViewSchema schema, IChannel channel)
    {
        if (!fit.Converged)
        {
            channel.Warning($"Training did not reach its minimum in {fit.Steps} steps: raise {nameof(Options.MaximumIterations)} or the penalty.");
        }

        using DisposeScope scope = NewDisposeScope();
        (double[][] weights, double[] intercepts) = data.Scale.Unscale(fit.Weights);
        return CreateTransformer(weights, intercepts, data.Problem.Loss, schema);
    }
}
