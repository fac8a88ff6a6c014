using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>A <see cref="FlowLayer"/> at one time: x W + c.</summary>
/// <param name="Weight">W, <c>[inputs, outputs]</c>, gated.</param>
/// <param name="Shift">c, <c>[outputs]</c> or <c>[batch, outputs]</c>.</param>
/// <param name="Gate">Gate of the outputs, <c>[outputs]</c>, where there is one.</param>
internal readonly record struct AffineAtTime(Tensor Weight, Tensor Shift, Tensor? Gate)
{
    /// <summary>Tensors that this record owns.</summary>
    public IEnumerable<Tensor> Owned => Gate is null ? [Shift] : [Weight, Shift, Gate];
}
