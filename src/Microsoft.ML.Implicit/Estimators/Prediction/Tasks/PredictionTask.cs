using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What differs between classification and regression: the loss, and the columns a score becomes.</summary>
internal abstract partial class PredictionTask
{
    private const long BatchSize = 1024;

    /// <summary>Width of the network's output.</summary>
    public abstract int OutputWidth { get; }

    /// <summary>Number of output columns.</summary>
    public abstract int ColumnCount { get; }

    /// <summary>Mean over a batch of the losses times the weights.</summary>
    /// <param name="output">Network outputs, float32 [batch, <see cref="OutputWidth"/>].</param>
    /// <param name="labels">float32 [batch].</param>
    /// <param name="weights">float32 [batch], or <see langword="null"/>.</param>
    public Tensor Loss(Tensor output, Tensor labels, Tensor? weights) => WeightedLosses(output, labels, weights).mean();

    /// <summary>The losses of a batch times the weights, which have mean 1 over the training rows, so that a batch counts by those in it.</summary>
    /// <param name="output">Network outputs, float32 [batch, <see cref="OutputWidth"/>].</param>
    /// <param name="labels">float32 [batch].</param>
    /// <param name="weights">float32 [batch], or <see langword="null"/>.</param>
    /// <returns>float32 [batch].</returns>
    public Tensor WeightedLosses(Tensor output, Tensor labels, Tensor? weights)
    {
        Tensor losses = Losses(output, labels);
        return weights is null ? losses : losses * weights;
    }

    /// <summary>Mean of the weighted losses of many rows, batch by batch and with no graph.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="predict">From a batch to network outputs, float32 [batch, <see cref="OutputWidth"/>].</param>
    /// <param name="cancellationToken">Looked at once a batch.</param>
    /// <returns>float64 of one element, on the rows' device.</returns>
    public Tensor MeanLoss(TrainingSet rows, Func<TrainingSet, Tensor> predict, CancellationToken cancellationToken = default) => ExampleBatches.Mean(
        rows.Count,
        BatchSize,
        rows.Features.device,
        examples =>
        {
            TrainingSet batch = rows.Select(examples);
            Tensor loss = WeightedLosses(predict(batch), batch.Labels, batch.Weights).to(ScalarType.Float64).sum();
            return (loss, batch.Weights?.sum() ?? full_like(loss, batch.Count.Held()));
        },
        cancellationToken);

    /// <summary>The output that does best where it is the same for all rows: the class shares, or the mean.</summary>
    /// <param name="labels">float32 [rows].</param>
    /// <param name="weights">float32 [rows], or <see langword="null"/>.</param>
    /// <returns>float32 [<see cref="OutputWidth"/>].</returns>
    public abstract Tensor BestConstant(Tensor labels, Tensor? weights);

    /// <summary>Whether a multiple of an output says the same more or less surely.</summary>
    public abstract bool HasConfidence { get; }

    /// <summary>The output of one network that would predict the mean of what several do.</summary>
    /// <param name="outputs">float32 [batch, networks, <see cref="OutputWidth"/>].</param>
    /// <returns>float32 [batch, <see cref="OutputWidth"/>].</returns>
    public abstract Tensor Average(Tensor outputs);

    /// <summary>What is predicted, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>The kind of label that is predicted.</summary>
    public abstract LabelKind Label { get; }

    /// <summary>The loss of a linear model.</summary>
    public abstract LinearLoss LinearLoss { get; }

    /// <summary>Whether a label column of the right kind has the classes of this task, if it has any.</summary>
    public virtual bool HasClassesOf(DataViewSchema.Column label) => true;

    /// <summary>Whether outputs mean the same for another task.</summary>
    public virtual bool IsLike(PredictionTask other) => other.GetType() == GetType() && other.OutputWidth == OutputWidth;

    /// <summary>Why a network of this task cannot go on with the labels of another like it, or <see langword="null"/> where it can.</summary>
    /// <param name="other">The other task.</param>
    /// <param name="labelColumn">The column of its labels.</param>
    public virtual string? FaultOf(PredictionTask other, string labelColumn) =>
        IsLike(other) ? null : $"it predicts something else than column '{labelColumn}' holds; classes must be the same, in the same order.";

    /// <summary>What is odd about going on with the labels of another task, or <see langword="null"/>.</summary>
    /// <param name="other">The other task.</param>
    /// <param name="labelColumn">The column of its labels.</param>
    public virtual string? DoubtOf(PredictionTask other, string labelColumn) => null;

    /// <summary>What is odd about validating a model of this task on rows, or <see langword="null"/>.</summary>
    /// <param name="labels">Their labels, float32 [rows].</param>
    /// <param name="labelColumn">The column of these.</param>
    public virtual string? DoubtOfRows(Tensor labels, string labelColumn) => null;

    /// <summary>A class a row, from 0, for the bins of the features to tell apart.</summary>
    /// <param name="labels">float32 [rows], on the CPU.</param>
    public virtual int[] ClassesOf(Tensor labels) => Array.ConvertAll(labels.data<float>().ToArray(), label => (int)label);

    /// <summary>Turns what each of several networks gives for a row into the row's score: that of the mean of their predictions.</summary>
    /// <param name="outputs">[networks, <see cref="OutputWidth"/>]; overwritten.</param>
    /// <param name="scores">Receives [<see cref="OutputWidth"/>].</param>
    public abstract void Score(Span<float> outputs, Span<float> scores);

    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema);

    /// <summary>Creates the getter of an output column over a buffer of scores, [slot, <see cref="OutputWidth"/>] row by row.</summary>
    public abstract Delegate CreateGetter(int column, float[] scores, Func<int> slot);

    /// <summary>Writes what <see cref="PredictionTaskFormat"/> needs to read the task again.</summary>
    public abstract void Write(IHost host, DocumentWriter writer);

    /// <summary>The log-odds, by the outputs, that a label is right; for numbers, those of a normal error against one of any size, up to a number that is the same for all rows.</summary>
    /// <param name="output">Network outputs, float32 [batch, <see cref="OutputWidth"/>].</param>
    /// <param name="labels">float32 [batch].</param>
    /// <returns>float32 [batch].</returns>
    public abstract Tensor Agreement(Tensor output, Tensor labels);

    /// <summary>The loss of each row.</summary>
    /// <param name="output">Network outputs, float32 [batch, <see cref="OutputWidth"/>].</param>
    /// <param name="labels">float32 [batch].</param>
    /// <returns>float32 [batch].</returns>
    protected abstract Tensor Losses(Tensor output, Tensor labels);
}
