using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A gated recurrent unit within an ONNX file, step by step.</summary>
internal sealed class OnnxGru
{
    private readonly OnnxValue _inputWeight;
    private readonly OnnxValue _stateWeight;
    private readonly OnnxValue _inputBias;
    private readonly OnnxValue _stateBias;

    /// <param name="state">State dictionary of the encoder.</param>
    /// <param name="graph">Receives the weights.</param>
    /// <param name="width">Width of the state.</param>
    public OnnxGru(IReadOnlyDictionary<string, Tensor> state, OnnxGraph graph, int width)
    {
        Width = width;
        _inputWeight = graph.Constant(state["gru.weight_ih_l0"].t());
        _stateWeight = graph.Constant(state["gru.weight_hh_l0"].t());
        _inputBias = graph.Constant(state["gru.bias_ih_l0"]);
        _stateBias = graph.Constant(state["gru.bias_hh_l0"]);
    }

    public int Width { get; }

    /// <summary>The next state [rows, width].</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="state">[rows, width].</param>
    public OnnxValue Advance(OnnxValue features, OnnxValue state)
    {
        OnnxValue input = features.MatrixProduct(_inputWeight) + _inputBias;
        OnnxValue recurrent = state.MatrixProduct(_stateWeight) + _stateBias;
        OnnxValue reset = (Gate(input, 0) + Gate(recurrent, 0)).Sigmoid();
        OnnxValue update = (Gate(input, 1) + Gate(recurrent, 1)).Sigmoid();
        OnnxValue candidate = (Gate(input, 2) + (reset * Gate(recurrent, 2))).Tanh();
        return candidate + (update * (state - candidate));
    }

    private OnnxValue Gate(OnnxValue gates, int index) => gates.Slice(1, index * Width, (index + 1) * Width);
}
