using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Evaluations whose results are checked.</summary>
internal static class DifferentiableFunctionExtensions
{
    /// <summary>Evaluates a function.</summary>
    /// <exception cref="ArgumentException">The value has another shape, type or device than the state.</exception>
    public static Tensor EvaluateChecked(this IDifferentiableFunction function, Tensor z, IReadOnlyList<Tensor> inputs) =>
        TensorContract.Require(function.Evaluate(z, inputs), z, function);
}
