using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The mapper within an ONNX file. A row that is not solved gives NaN and a status there, for a file cannot throw.</content>
internal sealed partial class LearnedQuadraticProgramMapper : IOnnxExportable
{
    public string? OnnxObstacle => InputColumnNames.Count == 0 ? OnnxQuadraticArguments.NoColumn : null;

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema)
    {
        var arguments = new OnnxQuadraticArguments(graph, inputSchema);
        var binding = new QuadraticBinding(scheme.Template, inputSchema, model.VariableCount);
        return scheme.Outputs.Select(model.Solve(scheme, arguments, binding, graph, arguments.Column(InputColumnNames[0])));
    }
}
