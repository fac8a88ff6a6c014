using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The field within an ONNX file.</content>
internal sealed partial class ConvolutionalField
{
    public override OnnxValue Begin(OnnxValue input, int inputWidth)
    {
        OnnxGraph graph = input.Graph;
        OnnxValue embedded = input;
        if (_embeddingWeight is not null)
        {
            OnnxValue image = input.Reshape(0, _image[1], _image[2], _image[3]);
            embedded = (Convolve(image, _embeddingWeight, _stride) + graph.Constant(_embeddingBias!).Reshape(-1, 1, 1)).Flatten();
        }

        return AugmentedWidth == 0 ? embedded : OnnxValue.Concatenate(1, embedded, graph.PerRow(graph.Number(0, input.Type), input, AugmentedWidth));
    }

    public override OnnxValue Slope(OnnxValue time, OnnxValue state)
    {
        OnnxGraph graph = state.Graph;
        Dictionary<string, Tensor> weights = _dynamics.state_dict();
        OnnxValue shift = (time * graph.Constant(weights["time_weight"])).Unsqueeze(2).Unsqueeze(3);
        OnnxValue inner = Convolve(Image(state), weights["inner_weight"], 1) + shift;
        OnnxValue normalized = OnnxImage.NormalizeGroups(inner, _dynamics.Groups, ConvolutionalDynamics.Epsilon);
        OnnxValue hidden = ((normalized * PerChannel("scale")) + PerChannel("shift")).Tanh();
        return (Convolve(hidden, weights["outer_weight"], 1) + PerChannel("outer_bias")).Flatten();

        OnnxValue PerChannel(string name) => graph.Constant(weights[name]).Reshape(-1, 1, 1);
    }

    public override OnnxValue Readout(OnnxValue state) =>
        OnnxImage.AdaptiveMean(Image(state), (int)_state[2], (int)_state[3], (int)_parts[0], (int)_parts[1]).Flatten();

    private OnnxValue Image(OnnxValue state) => state.Reshape(0, _state[1], _state[2], _state[3]);

    private static OnnxValue Convolve(OnnxValue image, Tensor kernel, long stride) =>
        OnnxImage.Convolve(image, image.Graph.Constant(kernel), kernel.shape[2], kernel.shape[3], stride);
}
