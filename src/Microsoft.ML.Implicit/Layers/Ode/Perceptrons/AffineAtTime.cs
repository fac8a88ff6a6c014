using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>A <see cref="PerceptronLayer"/> at one time: x W + c.</summary>
/// <param name="Weight">W, <c>[inputs, outputs]</c>, gated.</param>
/// <param name="Shift">c, <c>[outputs]</c> or <c>[batch, outputs]</c>.</param>
/// <param name="Gate">Gate of the outputs, <c>[outputs]</c>, where there is one.</param>
internal readonly record struct AffineAtTime(Tensor Weight, Tensor Shift, Tensor? Gate)
{
    /// <summary>x W + c.</summary>
    /// <param name="input">x, <c>[batch, inputs]</c>.</param>
    /// <returns><c>[batch, outputs]</c>, a tensor of its own that the caller may overwrite.</returns>
    public Tensor Apply(Tensor input) => Shift.addmm(input, Weight);

    /// <summary>Multiplies rows, which may be grouped, with W.</summary>
    /// <param name="rows"><c>[..., inputs]</c>.</param>
    public Tensor ApplyLinear(Tensor rows) => rows.Times(Weight);

    /// <summary>Multiplies rows, which may be grouped, with Wᵀ.</summary>
    /// <param name="rows"><c>[..., outputs]</c>.</param>
    public Tensor ApplyTransposed(Tensor rows) => rows.Times(Weight.t());
}
