using Microsoft.ML.Implicit.Onnx;
using Microsoft.ML.Implicit.Onnx.FixedPoint;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The network within an ONNX file.</content>
internal sealed partial class DeepEquilibriumNetwork
{
    public override OnnxValue Predict(OnnxValue input)
    {
        OnnxGraph graph = input.Graph;
        OnnxCell cell = OnnxCell.Of(Cell, input);
        OnnxValue start = graph.PerRow(graph.Number(0), input, cell.StateWidth);
        OnnxValue state = OnnxFixedPoint.Solve(OnnxIterationRule.Of(_equilibrium.Options.ForwardSolver), start, cell.StateWidth, cell.Iterate);
        return Output(cell.Readout(state));
    }
}
