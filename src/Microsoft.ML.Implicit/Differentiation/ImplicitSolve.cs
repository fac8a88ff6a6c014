using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>Attaches solves to autograd's graph.</summary>
internal static class ImplicitSolve
{
    /// <summary>Makes a solve one node of the graph.</summary>
    /// <param name="rule">How it is differentiated.</param>
    /// <param name="inputs">What it depends on; gradients flow to those that require them.</param>
    /// <param name="outputs">What it found, without a graph.</param>
    /// <param name="saved">What the rule needs again; autograd keeps it as long as the graph.</param>
    /// <param name="gate">Keeps cotangents from passing while it is closed; null for a node that always lets them pass.</param>
    /// <returns>The outputs with a graph.</returns>
    public static IReadOnlyList<Tensor> Attach(IBackwardRule rule, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> saved, GradientGate? gate = null) =>
        is_grad_enabled() && inputs.Any(input => input.requires_grad) ? ImplicitFunction.Apply(rule, inputs, outputs, saved, gate) : outputs;
}
