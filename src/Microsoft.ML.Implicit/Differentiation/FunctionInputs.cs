using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>
/// Inputs as variables of their own: where one input was computed from another, a gradient must not flow from the first on to
/// the second. Leaves have nothing before them, and a module's own parameters cannot be replaced.
/// </summary>
internal static class FunctionInputs
{
    /// <summary>Inputs without what came before them.</summary>
    public static Tensor[] Detached(IReadOnlyList<Tensor> inputs) =>
        [.. inputs.Select(input => input.is_leaf ? input : input.detach().requires_grad_(input.requires_grad))];

    /// <summary>Inputs that lead to what came before them while a gate is open.</summary>
    public static Tensor[] Gated(IReadOnlyList<Tensor> inputs, GradientGate gate) =>
        [.. inputs.Select(input => input.is_leaf ? input : ImplicitSolve.Attach(IdentityRule.Instance, [input], [input.detach()], [], gate)[0])];
}
