using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Onnx.Differential;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The network within an ONNX file.</content>
internal sealed partial class NeuralOdeNetwork
{
    public override OnnxValue Predict(OnnxValue input)
    {
        using DisposeScope scope = NewDisposeScope();
        var solver = new OnnxRungeKutta(_architecture.Method, _architecture.StepControl, _architecture.MaximumSteps);
        OnnxValue end = solver.Solve(_field.Begin(input, _inputWidth), (time, state) => _field.Slope(time.To(state.Type), state));
        return Output(_field.Readout(end));
    }
}
