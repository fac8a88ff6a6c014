using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>Differentiates the log density of a flow, which it solves for once more. Its inputs are the data and the flow's parameters.</summary>
internal sealed class FlowRule(NormalizingFlow flow) : IBackwardRule
{
    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        using FlowPass pass = flow.RunExact(inputs[0].detach());
        var gathered = new Dictionary<Tensor, Tensor>(ReferenceEqualityComparer.Instance);
        Tensor data = pass.Backward(
            flow.Base.Score(pass.Latent) * cotangents[0].unsqueeze(1),
            cotangents[0],
            null,
            (parameter, gradient) => gathered.Add(parameter, gradient.DetachFromDisposeScope()));
        return [data, .. flow.parameters().Select(parameter => gathered[parameter])];
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) =>
        throw new NotSupportedException($"A second derivative through {nameof(NormalizingFlow)} is not supported: call backward without create_graph.");
}
