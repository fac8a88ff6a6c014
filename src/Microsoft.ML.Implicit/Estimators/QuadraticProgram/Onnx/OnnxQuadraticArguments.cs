using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads the arguments of quadratic programs within an ONNX file.</summary>
/// <param name="graph">Receives what is needed.</param>
/// <param name="schema">Types of the columns that come in.</param>
internal sealed class OnnxQuadraticArguments(OnnxGraph graph, DataViewSchema schema)
{
    public const string NoColumn = "Its program is the same for all rows, and no column says how many there are.";

    /// <summary>A column of numbers, float64 [rows, length].</summary>
    public OnnxValue Column(string name) =>
        graph.Column(name, schema[name].Type.GetItemType().Equals(NumberDataViewType.Double) ? OnnxType.Double : OnnxType.Single).To(OnnxType.Double);

    /// <summary>The given arguments: constants with a first dimension of 1, columns with one of rows, null where absent.</summary>
    public OnnxValue?[] Of(QuadraticTemplate template, QuadraticBinding binding)
    {
        Tensor?[] constants = binding.CreateConstants(CPU);
        return [.. template.Arguments.Select((argument, i) => argument is null ? null
            : argument.ColumnName is { } name ? Column(name).Reshape([0, .. binding.Shape(i)])
            : graph.Constant(constants[i]!.unsqueeze(0)))];
    }
}
