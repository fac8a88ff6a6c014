using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within an ONNX file.</content>
internal sealed partial class PredictionMapper : IOnnxExportable
{
    public string? OnnxObstacle => _evaluationColumnName is null
        ? _model.OnnxObstacle
        : $"Column '{_evaluationColumnName}' counts the evaluations of this library's solver, which another one does not repeat: leave it out.";

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema) => _model.Score(graph.Column(_featureColumnName));
}
