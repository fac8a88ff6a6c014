using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>The augmented right-hand side of a user's module f(t, z), with Jacobian products and pullback by autograd.</summary>
/// <param name="module">f, called with the time without dimensions and the state <c>[batch, dimension]</c>.</param>
/// <param name="dimension">Width of the state.</param>
/// <param name="integrands">What is integrated along.</param>
/// <param name="directions">eₖ, <c>[k, batch, dimension]</c> or <c>[batch, dimension]</c>.</param>
/// <param name="blocks">Spheres that the state moves on, or <see langword="null"/>; they belong to this term.</param>
/// <remarks>
/// On spheres the dynamics are the projection of f to the tangent space, constant along each radius. The divergence of
/// such a field in the space around the sphere is its divergence on the sphere.
/// </remarks>
internal sealed class AutogradFlowTerm(nn.Module<Tensor, Tensor, Tensor> module, long dimension, FlowIntegrands integrands, Tensor? directions, SphereBlocks? blocks = null)
    : FlowTerm(dimension, integrands)
{
    public override IReadOnlyList<Tensor> Parameters { get; } = [.. module.parameters()];

    public override Tensor Evaluate(double time, Tensor state)
    {
        using OdeLinearization linearization = Linearize(time, state);
        return linearization.Value.alias();
    }

    public override OdeLinearization Linearize(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable grad = enable_grad();
        Tensor leaf = state.narrow(1, 0, Dimension).detach().requires_grad_();
        Tensor point = blocks?.Normalize(leaf) ?? leaf;
        Tensor slope = TensorContract.Require(module.forward(full([], time.Held(), state.dtype, state.device), point), leaf, this);
        slope = blocks?.Tangent(point, slope) ?? slope;
        (Tensor? divergence, Tensor? penalty) = Integrate(leaf, slope);
        Tensor value = Assemble(slope, divergence, penalty);
        scope.Detach([leaf, value]);
        return new AutogradFlowLinearization(this, leaf, value);
    }

    public override string ToString() => $"the module {module.GetName()}";

    public override void Dispose() => blocks?.Dispose();

    private (Tensor? Divergence, Tensor? Penalty) Integrate(Tensor leaf, Tensor slope)
    {
        Tensor? divergence = null;
        Tensor? penalty = Integrands.KineticPenalty > 0 ? slope.Squared().sum(1, keepdim: true) * Integrands.KineticPenalty.Held() : null;
        for (long k = 0; directions is not null && k < (directions.dim() == 2 ? 1 : directions.shape[0]); k++)
        {
            Tensor direction = directions.dim() == 2 ? directions : directions[k];
            Tensor product = slope.requires_grad && autograd.grad([slope], [leaf], [direction], retain_graph: true, create_graph: true, allow_unused: true)[0] is { IsInvalid: false } gradient
                ? gradient
                : zeros_like(leaf);
            Tensor share = (product * direction).sum(1, keepdim: true);
            divergence = Integrands.Divergence ? divergence?.Plus(share) ?? share : null;
            if (Integrands.JacobianPenalty > 0)
            {
                Tensor square = product.Squared().sum(1, keepdim: true) * Integrands.JacobianPenalty.Held();
                penalty = penalty?.Plus(square) ?? square;
            }
        }

        return (divergence, penalty);
    }
}
