using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="DenseResidualCell"/>.</summary>
internal sealed class OnnxDenseCell : OnnxCell
{
    private readonly OnnxValue _embedded;
    private readonly OnnxValue _injected;
    private readonly OnnxValue _inner;
    private readonly OnnxValue _outer;

    public OnnxDenseCell(DenseResidualCell cell, OnnxValue input)
    {
        OnnxGraph graph = input.Graph;
        Dictionary<string, Tensor> state = cell.state_dict();
        StateWidth = cell.FeatureWidth;
        _embedded = (input.MatrixProduct(graph.Constant(state["embedding_weight"])) + graph.Constant(state["embedding_bias"])).Relu();
        _injected = _embedded.MatrixProduct(graph.Constant(state["injection_weight"])) + graph.Constant(state["injection_bias"]);
        _inner = graph.Constant(cell.LimitedWeights[0]);
        _outer = graph.Constant(cell.LimitedWeights[1]);
    }

    public override int StateWidth { get; }

    public override OnnxValue Iterate(OnnxValue z) => (z.MatrixProduct(_inner) + _injected).Tanh().MatrixProduct(_outer) + _embedded;

    public override OnnxValue Readout(OnnxValue z) => z;
}
