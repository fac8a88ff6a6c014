using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The encoder within an ONNX file.</content>
internal sealed partial class BinEncoder
{
    public override OnnxValue Encode(OnnxValue features)
    {
        OnnxGraph graph = features.Graph;
        OnnxValue scaled = Scale(features, graph.Constant(_center), graph.Constant(_factor));
        if (BinCount == 0)
        {
            return OnnxValue.Concatenate(1, Clip(scaled), Tails(scaled));
        }

        OnnxValue bins = Scale(features.Gather(1, graph.Constant(_binFeatures)), graph.Constant(_binStarts), graph.Constant(_binFactors));
        return OnnxValue.Concatenate(1, Clip(scaled), Tails(scaled), bins.Clamp(0, 1) - 0.5);
    }
}
