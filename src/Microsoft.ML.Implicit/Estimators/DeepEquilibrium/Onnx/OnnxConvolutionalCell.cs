using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="MultiscaleConvolutionalCell"/>.</summary>
internal sealed class OnnxConvolutionalCell : OnnxCell
{
    private readonly IReadOnlyList<ImageScale> _scales;
    private readonly OnnxValue[] _injected;
    private readonly OnnxValue[] _inner;
    private readonly OnnxScaleFusion _fusion;
    private readonly OnnxValue _embedded;

    public OnnxConvolutionalCell(MultiscaleConvolutionalCell cell, OnnxValue input)
    {
        OnnxGraph graph = input.Graph;
        Dictionary<string, Tensor> state = cell.state_dict();
        _scales = cell.Scales;
        _inner = [.. cell.LimitedWeights.Take(_scales.Count).Select(kernel => graph.Constant(kernel))];
        _fusion = new OnnxScaleFusion(_scales, [.. cell.LimitedWeights.Skip(_scales.Count).Select(kernel => graph.Constant(kernel))]);
        OnnxValue level = OnnxImage.Pad(input.Reshape(0, cell.Image.Channels, cell.Image.Height, cell.Image.Width), cell.Padding.Height, cell.Padding.Width);
        level = Embed(cell.Pyramid[0], level);
        var embedded = new OnnxValue[_scales.Count];
        _injected = new OnnxValue[_scales.Count];
        for (int i = 0; i < _scales.Count; i++)
        {
            level = Embed(cell.Pyramid[i + 1], level);
            embedded[i] = level.Flatten();
            OnnxValue bias = graph.Constant(state[$"injection_biases.{i}"]).Reshape(-1, 1, 1);
            _injected[i] = OnnxImage.Convolve(level, graph.Constant(state[$"injection_weights.{i}"]), 1, 1) + bias;
        }

        _embedded = OnnxValue.Concatenate(1, embedded);
    }

    public override int StateWidth => _scales[^1].Offset + _scales[^1].Length;

    public override OnnxValue Iterate(OnnxValue z)
    {
        var hidden = new OnnxValue[_scales.Count];
        for (int i = 0; i < hidden.Length; i++)
        {
            hidden[i] = (OnnxImage.Convolve(Image(z, _scales[i]), _inner[i], 3, 1) + _injected[i]).Tanh();
        }

        return _fusion.Apply(hidden) + _embedded;
    }

    public override OnnxValue Readout(OnnxValue z) =>
        OnnxValue.Concatenate(1, [.. _scales.Select(scale => OnnxImage.AdaptiveMean(Image(z, scale), scale.Height, scale.Width, MultiscaleConvolutionalCell.ReadoutGrid).Flatten())]);

    private static OnnxValue Image(OnnxValue state, ImageScale scale) =>
        state.Slice(1, scale.Offset, scale.Offset + scale.Length).Reshape(0, scale.Channels, scale.Height, scale.Width);

    private static OnnxValue Embed(NormalizedConvolution step, OnnxValue image)
    {
        OnnxGraph graph = image.Graph;
        OnnxValue sum = OnnxImage.Convolve(image, graph.Constant(step.Weight), step.Weight.shape[2], step.Stride);
        OnnxValue normalized = OnnxImage.NormalizeGroups(sum, step.Groups, NormalizedConvolution.Epsilon);
        return ((normalized * graph.Constant(step.Scale).Reshape(-1, 1, 1)) + graph.Constant(step.Shift).Reshape(-1, 1, 1)).Relu();
    }
}
