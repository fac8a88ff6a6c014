using Microsoft.ML.Implicit.Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within an ONNX file.</content>
public sealed partial class LearnedQuadraticProgramModelParameters
{
    /// <summary>Predicts the data of programs and solves them.</summary>
    /// <param name="scheme">Columns and solver.</param>
    /// <param name="arguments">Reads columns.</param>
    /// <param name="binding">Sizes of what is given.</param>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="rows">A value whose first dimension is the number of rows.</param>
    internal Func<SolutionPart, OnnxValue> Solve(LearnedQuadraticProgramScheme scheme, OnnxQuadraticArguments arguments, QuadraticBinding binding, OnnxGraph graph, OnnxValue rows)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        bool[] areConstant = scheme.Template.AreConstant();
        OnnxValue? features = scheme.FeatureColumnName is { } name ? arguments.Column(name) : null;
        OnnxValue?[] completed = _network.Complete(arguments.Of(scheme.Template, binding), areConstant, features, graph);
        (int Variables, int Inequalities, int Equalities) size = (
            VariableCount,
            binding.Inequalities + _architecture.Inequalities,
            binding.Equalities + _architecture.Equalities);
        return new OnnxQuadraticProgram(size, completed, areConstant, rows, binding.QuadraticType).Solve(scheme.Solving);
    }
}
