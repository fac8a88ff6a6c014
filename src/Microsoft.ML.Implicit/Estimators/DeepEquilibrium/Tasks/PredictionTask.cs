using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What differs between classification and regression: the loss, and the columns a score becomes.</summary>
internal abstract partial class PredictionTask
{
    /// <summary>Width of the network's output.</summary>
    public abstract int OutputWidth { get; }

    /// <summary>Mean over a batch of the losses times the weights.</summary>
    /// <param name="output">Network outputs, float32 [batch, <see cref="OutputWidth"/>].</param>
    /// <param name="labels">float32 [batch].</param>
    /// <param name="weights">float32 [batch], or <see langword="null"/>.</param>
    public abstract Tensor Loss(Tensor output, Tensor labels, Tensor? weights);

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

    /// <summary>Whether outputs mean the same for another task.</summary>
    public virtual bool IsLike(PredictionTask other) => other.GetType() == GetType() && other.OutputWidth == OutputWidth;

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

    /// <summary>Mean of values times weights. Weights have mean 1 over the training rows, and a batch counts by those in it.</summary>
    protected static Tensor Mean(Tensor values, Tensor? weights) => (weights is null ? values : values * weights).mean();
}
