using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="PerceptronLayer"/>, with a time for each row.</summary>
internal sealed class OnnxFlowLayer
{
    private readonly OnnxValue _shift;
    private readonly OnnxValue? _timeWeight;
    private readonly OnnxValue? _gateWeight;
    private readonly OnnxValue? _gateBias;

    public OnnxFlowLayer(PerceptronLayer layer, OnnxGraph graph, OnnxType precision, OnnxValue? context)
    {
        Weight = graph.Constant(layer.Weight, precision);
        _shift = graph.Constant(layer.Bias, precision);
        if (layer.ContextWeight is { } contextWeight)
        {
            _shift = context!.MatrixProduct(graph.Constant(contextWeight, precision)) + _shift;
        }

        _timeWeight = layer.TimeWeight is { } timeWeight ? graph.Constant(timeWeight, precision) : null;
        _gateWeight = layer.GateWeight is { } gateWeight ? graph.Constant(gateWeight, precision) : null;
        _gateBias = layer.GateBias is { } gateBias ? graph.Constant(gateBias, precision) : null;
    }

    public OnnxValue Weight { get; }

    public bool HasGate => _gateWeight is not null;

    /// <summary>(x W + y V + b) ∘ s(t) + t w, and s(t) where there is a gate.</summary>
    /// <param name="x">[rows, inputs].</param>
    /// <param name="time">[rows, 1].</param>
    public (OnnxValue Output, OnnxValue? Gate) Apply(OnnxValue x, OnnxValue time)
    {
        OnnxValue output = x.MatrixProduct(Weight) + _shift;
        OnnxValue? gate = _gateWeight is null ? null : ((time * _gateWeight) + _gateBias!).Sigmoid();
        output = gate is null ? output : output * gate;
        return (_timeWeight is null ? output : output + (time * _timeWeight), gate);
    }
}
