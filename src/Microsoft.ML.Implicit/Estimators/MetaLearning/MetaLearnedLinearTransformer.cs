using System.Globalization;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

[assembly: LoadableClass(typeof(ITransformer), typeof(MetaLearnedLinearTransformer), null, typeof(SignatureLoadModel), "", MetaLearnedLinearTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Scores rows with the linear model of their task, and of a task that it does not know with what all tasks share.</summary>
/// <remarks>
/// A row with a NaN or infinite feature gets NaN scores and a missing predicted label. Rows are scored on the CPU wherever the transformer is moved. Prediction engines in several
/// threads may share one transformer.
/// </remarks>
public sealed class MetaLearnedLinearTransformer : BatchTransformer
{
    internal const string LoaderSignature = "MetaLearnedLinear";

    private static readonly ModelFormat Format = new("METALINE", LoaderSignature);

    private readonly MetaLearnedLinearModel _model;

    internal MetaLearnedLinearTransformer(IHost host, MetaLearnedLinearModel model)
        : base(host, Format)
    {
        _model = model;
        Mapper = new MetaLearnedLinearMapper(model);
        Penalties = [.. model.FeatureNames.Append("intercept").Zip(model.LogPenalties, (name, penalty) => new TunedPenalty(name, Math.Exp(penalty)))];
    }

    /// <summary>Names of the tasks that have weights of their own.</summary>
    public IReadOnlyCollection<string> Tasks => [.. _model.Tasks.Keys];

    /// <summary>
    /// λ of ½ λ (w − m)² for each feature and the intercept, beside the summed losses of a task's rows: the larger, the less a task's weight w differs from the shared weight m.
    /// It is the number of rows that count as much as what is shared, where a row tells as much of the weight as the average row does.
    /// </summary>
    public IReadOnlyList<TunedPenalty> Penalties { get; }

    /// <summary>Evaluations of the meta-parameters in training, as they were reported to <see cref="MetaLearnedLinearOptions.Progress"/>.</summary>
    public IReadOnlyList<TuningProgress> History => _model.History;

    private protected override BatchMapper Mapper { get; }

    /// <summary>Adapts to tasks, new or known, from a few of their rows.</summary>
    /// <param name="rows">Rows with the columns that the model was trained on, of any number of tasks; these are all that their tasks' weights are adapted to.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A transformer that knows these tasks, beside the others that this one knows. This one stays as it is.</returns>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training, or the label has other classes.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, a value is not finite, or a row names no task.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public MetaLearnedLinearTransformer Adapt(IDataView rows, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        using DisposalGate.Use use = Mapper.Hold();
        using IChannel channel = Host.Start("Adaptation");
        using var cancellation = new TrainingCancellation(Host, cancellationToken);
        CheckRows(rows.Schema);
        return new MetaLearnedLinearTransformer(Host, _model.Adapt(rows, channel, cancellation.Token));
    }

    /// <summary>What is shared and how much, and the history of training, as text to print.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Add($"A linear model of {_model.Task.Description} from {_model.FeatureCount} features, for {_model.Tasks.Count} tasks; loss of rows not adapted to {History[^1].ValidationLoss:G5} after {History[0].ValidationLoss:G5} at first.");
        foreach (TunedPenalty penalty in Penalties)
        {
            Add($"{penalty.Value,12:G4}  {penalty.Name}");
        }

        return text.ToString();

        void Add(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
    }

    private protected override void Write(DocumentWriter writer) => _model.Write(Host, writer);

    private protected override void MoveModel(Device device)
    {
    }

    // There is nothing native to it.
    private protected override void DisposeModel()
    {
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Format.Load(env, ctx, (host, reader) => new MetaLearnedLinearTransformer(host, MetaLearnedLinearModel.Read(host, reader)));

    private void CheckRows(DataViewSchema schema)
    {
        _model.Columns.Check(SchemaShape.Create(schema), _model.Task.Label);
        InputColumns.FindVector(schema, _model.Columns.Features, _model.FeatureCount);
        GroupName.Find(schema, _model.Columns.Task, _model.Columns.TaskKind);
        DataViewSchema.Column label = schema[_model.Columns.Label];
        if (!_model.Task.HasClassesOf(label))
        {
            throw new ArgumentException($"Column '{label.Name}' has other classes than the model was trained on: they must be the same, in the same order.", nameof(schema));
        }
    }
}
