using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Modelling.Compilation;

/// <summary>Differentiates a <see cref="ParameterMap"/>, or its transpose: each by the other.</summary>
internal sealed class ParameterMapRule(ParameterMap map, int parameters, bool isTransposed) : IBackwardRule
{
    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
        [isTransposed ? map.Apply(cotangents[0], hasConstants: false) : map.ApplyTransposed(cotangents[0], parameters)];

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
        [ImplicitSolve.Attach(new ParameterMapRule(map, parameters, !isTransposed), cotangents, [Backward(inputs, saved, cotangents)[0]!], [])[0]];
}
