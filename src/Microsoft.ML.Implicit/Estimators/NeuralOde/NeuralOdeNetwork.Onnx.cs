using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Onnx.Differential;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The network within an ONNX file.</content>
internal sealed partial class NeuralOdeNetwork
{
    public override string? OnnxObstacle => _field is DenseField ? null : "Convolutional neural ODEs have no ONNX form.";

    public override OnnxValue Predict(OnnxValue input)
    {
        using DisposeScope scope = NewDisposeScope();
        OnnxGraph graph = input.Graph;
        var field = (DenseField)_field;
        (Tensor weight, Tensor bias) = field.Start(_inputWidth);
        OnnxValue start = input.MatrixProduct(graph.Constant(weight)) + graph.Constant(bias);
        var solver = new OnnxRungeKutta(_architecture.Method, _architecture.StepControl, _architecture.MaximumSteps);
        return Output(solver.Solve(start, (time, state) => Slope(field.Perceptron.Layers, time.To(state.Type), state)));
    }

    private static OnnxValue Slope(IReadOnlyList<PerceptronLayer> layers, OnnxValue time, OnnxValue state)
    {
        OnnxGraph graph = state.Graph;
        OnnxValue value = state;
        for (int i = 0; i < layers.Count; i++)
        {
            value = value.MatrixProduct(graph.Constant(layers[i].Weight)) + graph.Constant(layers[i].Bias);
            value = layers[i].TimeWeight is { } timeWeight ? value + (time * graph.Constant(timeWeight)) : value;
            value = i + 1 < layers.Count ? value.Tanh() : value;
        }

        return value;
    }
}
