using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within an ONNX file.</content>
internal sealed partial class DeepEquilibriumMapper : IOnnxExportable
{
    public string? OnnxObstacle => _model.OnnxObstacle;

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema) => _model.Score(graph.Column(_featureColumnName));
}
