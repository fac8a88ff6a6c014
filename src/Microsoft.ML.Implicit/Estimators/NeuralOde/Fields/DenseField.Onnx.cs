using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The field within an ONNX file.</content>
internal sealed partial class DenseField
{
    public override OnnxValue Begin(OnnxValue input, int inputWidth)
    {
        (Tensor weight, Tensor bias) = Start(inputWidth);
        return input.MatrixProduct(input.Graph.Constant(weight)) + input.Graph.Constant(bias);
    }

    public override OnnxValue Slope(OnnxValue time, OnnxValue state)
    {
        OnnxGraph graph = state.Graph;
        OnnxValue value = state;
        IReadOnlyList<PerceptronLayer> layers = _dynamics.Layers;
        for (int i = 0; i < layers.Count; i++)
        {
            value = value.MatrixProduct(graph.Constant(layers[i].Weight)) + graph.Constant(layers[i].Bias);
            value = layers[i].TimeWeight is { } timeWeight ? value + (time * graph.Constant(timeWeight)) : value;
            value = i + 1 < layers.Count ? value.Tanh() : value;
        }

        return value;
    }

    public override OnnxValue Readout(OnnxValue state) => state;
}
