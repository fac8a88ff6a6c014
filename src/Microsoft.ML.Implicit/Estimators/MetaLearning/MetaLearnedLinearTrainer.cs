using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Predicts with a linear model for each task, such as a store, a patient or a series, whose weights are the minimiser of the losses of its rows plus what it costs to go away from
/// weights that all tasks share. The shared weights, and the cost of each feature, are learned so that a few rows of a task predict its others (Rajeswaran, Finn, Kakade and
/// Levine 2019, "Meta-learning with implicit gradients"). <see cref="MetaLearnedLinearTransformer.Adapt"/> adapts to a new task.
/// </summary>
/// <remarks>
/// Label: Single, Boolean or a key of known count. Features: a vector of Single of known size. Output: <c>Score</c>, and of classes <c>PredictedLabel</c> and, of two,
/// <c>Probability</c>, as ML.NET's own trainers write them. There is no ONNX form.
/// </remarks>
public sealed class MetaLearnedLinearTrainer : ImplicitEstimator<MetaLearnedLinearTransformer>
{
    private readonly MetaLearnedLinearOptions _options;
    private readonly LabelKind _label;
    private readonly MetaLearnedColumns _columns;

    internal MetaLearnedLinearTrainer(IHostEnvironment environment, MetaLearnedLinearOptions options, LabelKind label)
        : base(environment, nameof(MetaLearnedLinearTrainer), options)
    {
        (_options, _label) = (options, label);
        _columns = new MetaLearnedColumns(options.FeatureColumnName, options.LabelColumnName, options.TaskColumnName, options.ExampleWeightColumnName);
    }

    /// <summary>What ML.NET asks about trainers: nothing is to be normalised or cached for it.</summary>
    public TrainerInfo Info { get; } = new(normalization: false, caching: false);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The data cannot be trained on; the message says why.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public override MetaLearnedLinearTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        CheckColumns(SchemaShape.Create(input.Schema));
        DataViewSchema.Column label = input.Schema[_columns.Label];
        _label.Check(label);
        using IChannel channel = Host.Start("Training");
        using var cancellation = new TrainingCancellation(Host, _options.CancellationToken);
        using DisposeScope scope = NewDisposeScope();
        (TrainingSet set, IReadOnlyList<string> names) = _columns.Read(input, channel, cancellation.Token);
        using TrainingSet read = set;
        PredictionTask task = _label.CreateTask(label, read.Labels);
        LinearScale scale = LinearScale.Of(read.Features);
        LinearLoss loss = task.LinearLoss;
        var rows = new TaskRows(LinearRows.Of(read, scale, loss), read.Groups!, names.Count);
        CheckTasks(rows);
        MetaParameters start = MetaLearning.Start(loss, rows.Rows, _options.Penalty, cancellation.Token);
        var learning = new MetaLearning(loss, TaskSplits.Draw(rows, names, _options.Seed), _options, cancellation.Token);
        MetaParameters found = learning.Run(start);
        return new MetaLearnedLinearTransformer(Host, new MetaLearnedLinearModel
        {
            Columns = _columns with { TaskKind = GroupName.KindOf(input.Schema[_columns.Task]) },
            Task = task,
            Means = scale.Means.data<double>().ToArray(),
            Deviations = scale.Deviations.data<double>().ToArray(),
            FeatureNames = FeatureName.Of(input.Schema[_columns.Features]),
            Shared = found.Shared.contiguous().data<double>().ToArray(),
            LogPenalties = found.LogPenalties.contiguous().data<double>().ToArray(),
            Tasks = MetaLearnedLinearModel.Adapt(loss, found, rows, names, CancellationToken.None),
            History = learning.History,
        });
    }

    private protected override void CheckColumns(SchemaShape schema) => _columns.Check(schema, _label);

    private protected override IEnumerable<SchemaShape.Column> GetOutputColumns(SchemaShape inputSchema) =>
        _label.GetOutputColumns(inputSchema.First(column => column.Name == _columns.Label));

    private void CheckTasks(TaskRows rows)
    {
        long[] counts = rows.Tasks.bincount(null, rows.TaskCount).data<long>().ToArray();
        if (counts.Length < 2)
        {
            throw new InvalidOperationException($"All rows are of one task in column '{_columns.Task}': there is nothing that tasks could share. Trainers.PenalizedLinear trains one model.");
        }

        if (counts.Max() < 2)
        {
            throw new InvalidOperationException($"Every row is a task of its own in column '{_columns.Task}': nothing says how the rows of a task go together.");
        }
    }
}
