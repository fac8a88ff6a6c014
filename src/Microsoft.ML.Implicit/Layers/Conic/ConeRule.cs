using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Conic;

/// <summary>Differentiates a cone program by its optimality conditions. It keeps what was found, not the tensors, which autograd holds.</summary>
internal sealed class ConeRule(ConeProblem problem, ConeResults results, ConeOptions options) : IBackwardRule
{
    private readonly bool _hasP = problem.P is not null;
    private readonly IReadOnlyList<Cone> _cones = problem.Cones;
    private readonly SparseEntries? _pEntries = problem.PEntries;
    private readonly SparseEntries? _aEntries = problem.AEntries;

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        var current = new ConeProblem(_hasP ? inputs[0] : null, inputs[^3], inputs[^2], inputs[^1], _cones, _pEntries, _aEntries);
        return [.. ConeAdjoint.Solve(current, results, options, cotangents[0], cotangents[1], cotangents[2]).Tensors];
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
        throw new NotSupportedException("A cone program has no second derivatives here: run its backward pass without create_graph.");
}
