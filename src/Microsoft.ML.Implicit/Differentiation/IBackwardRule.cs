using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>How a solve is differentiated: gradients come from the condition that the outputs satisfy, not from how they were found.</summary>
internal interface IBackwardRule
{
    /// <summary>Carries cotangents of the outputs to the inputs.</summary>
    /// <param name="inputs">What the solve depends on.</param>
    /// <param name="saved">What the solve has saved.</param>
    /// <param name="cotangents">A cotangent for each output.</param>
    /// <returns>A gradient for each input, null where it has none; without a graph.</returns>
    IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents);

    /// <summary>The same, made of operations that can themselves be differentiated with respect to inputs and cotangents.</summary>
    IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents);
}
