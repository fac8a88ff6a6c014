using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The mapper within an ONNX file.</content>
internal sealed partial class NormalizingFlowMapper : IOnnxExportable
{
    public string? OnnxObstacle => null;

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema)
    {
        OnnxValue? context = contextColumnName is null ? null : graph.Column(contextColumnName);
        (OnnxValue isAnomaly, OnnxValue score, OnnxValue logDensity, OnnxValue quantile) = model.Score(graph.Column(featureColumnName), context);
        return [isAnomaly, score, logDensity, quantile];
    }
}
