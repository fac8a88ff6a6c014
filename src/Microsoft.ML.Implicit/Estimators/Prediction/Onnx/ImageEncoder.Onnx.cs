using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The encoder within an ONNX file.</content>
internal sealed partial class ImageEncoder
{
    public override OnnxValue Encode(OnnxValue features)
    {
        OnnxGraph graph = features.Graph;
        OnnxValue limited = features.Maximum(graph.Constant(_lowest)).Minimum(graph.Constant(_highest));
        return Scale(limited, graph.Constant(_center), graph.Constant(_factor));
    }
}
