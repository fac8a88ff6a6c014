using Microsoft.ML.Implicit.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The mapper within an ONNX file. A row that is not solved gives NaN and a status there, for a file cannot throw.</content>
internal sealed partial class QuadraticProgramMapper : IOnnxExportable
{
    public string? OnnxObstacle => InputColumnNames.Count == 0 ? OnnxQuadraticArguments.NoColumn : null;

    public IReadOnlyList<OnnxValue> WriteTo(OnnxGraph graph, DataViewSchema inputSchema)
    {
        using DisposeScope scope = NewDisposeScope();
        var binding = new QuadraticBinding(model.Template, inputSchema);
        var arguments = new OnnxQuadraticArguments(graph, inputSchema);
        OnnxValue?[] given = arguments.Of(model.Template, binding);
        var program = new OnnxQuadraticProgram(
            (binding.Variables, binding.Inequalities, binding.Equalities), given, model.Template.AreConstant(), arguments.Column(InputColumnNames[0]), binding.QuadraticType);
        return model.Outputs.Select(program.Solve(model.Solving));
    }
}
