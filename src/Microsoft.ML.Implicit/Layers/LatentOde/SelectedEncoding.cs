using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>Some of the states of histories that were read once.</summary>
/// <param name="histories">The histories with the states after all observations, [histories, observations, state]; disposed with this.</param>
/// <param name="places">int64 [batch]: the observations after which states are wanted, among those of all histories, padding included.</param>
internal sealed class SelectedEncoding(SeriesEncoding histories, Tensor places) : SeriesEncoding
{
    public override Tensor State { get; } = histories.State.flatten(0, 1).index_select(0, places);

    public override void Backward(Tensor cotangent) =>
        histories.Backward(zeros_like(histories.State).flatten(0, 1).index_add(0, places, cotangent, 1.Held()).view_as(histories.State));

    protected override void Dispose(bool disposing)
    {
        State.Dispose();
        histories.Dispose();
    }
}
