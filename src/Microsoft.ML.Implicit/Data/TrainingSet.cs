using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Supervised training rows as tensors on the CPU.</summary>
/// <param name="Features">float32 [rows, features], finite or, where the reader allows it, NaN for what is missing; in coordinate format where the reader keeps sparse rows so.</param>
/// <param name="Labels">float32 [rows]: class indices from 0, 0 or 1, or target values.</param>
/// <param name="Weights">float32 [rows], of mean 1 over the rows that were read, or <see langword="null"/> where every row counts the same.</param>
/// <param name="Context">float32 [rows, context], all finite, what is learned is conditioned on; or <see langword="null"/>.</param>
internal sealed record TrainingSet(Tensor Features, Tensor Labels, Tensor? Weights, Tensor? Context) : ITrainingRows<TrainingSet>
{
    public long Count => Features.shape[0];

    /// <summary>int64 [rows]: the place of each row's group among the groups' names; <see langword="null"/> where rows have none.</summary>
    public Tensor? Groups { get; init; }

    /// <summary>Slots of the feature column that the categories behind the features were folded from; <see langword="null"/> where there are no categories.</summary>
    public CategoricalSlots? Categories { get; init; }

    /// <summary>The rows at the given int64 indices.</summary>
    public TrainingSet Select(Tensor rows) => With(values => values.index_select(0, rows));

    /// <summary>The same rows on a device.</summary>
    public TrainingSet To(Device device) => With(values => values.to(device));

    /// <summary>Takes the tensors out of their dispose scope: they live until <see cref="Dispose"/>.</summary>
    public TrainingSet Detach()
    {
        Features.DetachFromDisposeScope();
        Labels.DetachFromDisposeScope();
        Weights?.DetachFromDisposeScope();
        Context?.DetachFromDisposeScope();
        Groups?.DetachFromDisposeScope();
        return this;
    }

    public void Dispose()
    {
        Features.Dispose();
        Labels.Dispose();
        Weights?.Dispose();
        Context?.Dispose();
        Groups?.Dispose();
    }

    private TrainingSet With(Func<Tensor, Tensor> change) => this with
    {
        Features = change(Features),
        Labels = change(Labels),
        Weights = Weights is null ? null : change(Weights),
        Context = Context is null ? null : change(Context),
        Groups = Groups is null ? null : change(Groups),
    };
}
