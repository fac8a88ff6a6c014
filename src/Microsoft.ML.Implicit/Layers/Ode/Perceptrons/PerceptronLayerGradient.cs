using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons;

/// <summary>Views of one layer's part of the flat gradient, shaped as its parameters.</summary>
internal sealed record PerceptronLayerGradient(Tensor Weight, Tensor? Context, Tensor? Time, Tensor Bias, Tensor? GateWeight, Tensor? GateBias)
{
    public IEnumerable<Tensor> Views => new[] { Weight, Context, Time, Bias, GateWeight, GateBias }.OfType<Tensor>();
}
