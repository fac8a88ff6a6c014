using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The mapper within an ONNX file.</content>
internal sealed partial class LatentMapper : IOnnxExportable
{
    public string? OnnxObstacle => null;

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema)
    {
        OnnxValue input = graph.Column(columns.Input);
        OnnxValue? context = columns.Context is null ? null : graph.Column(columns.Context);
        if (columns.IsInverse)
        {
            return [model.Decode(input, context)];
        }

        (OnnxValue latent, OnnxValue logDensity) = model.Encode(input, context);
        return columns.LogDensity is null ? [latent] : [latent, logDensity];
    }
}
