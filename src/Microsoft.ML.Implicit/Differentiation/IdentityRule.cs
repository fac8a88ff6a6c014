using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Lets cotangents pass as they are: with a gate, a place where a gradient can be stopped for a while.</summary>
internal sealed class IdentityRule : IBackwardRule
{
    public static IdentityRule Instance { get; } = new();

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) => [.. cotangents.Select(c => c.alias())];

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents) => Backward(inputs, saved, cotangents);
}
