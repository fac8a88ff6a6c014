using Microsoft.ML.Implicit.Layers.Flow.Manifolds;
using Microsoft.ML.Implicit.Layers.Ode;
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
internal sealed class AutogradFlowTerm(nn.Module<Tensor, Tensor, Tensor> module, long dimension, Integrands integrands, Tensor? directions, SphereBlocks? blocks = null)
    : AugmentedTerm(dimension, integrands)
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
        Tensor slope = TensorContract.Require(module.forward(TimeScalar.Create(time, state), point), leaf, this);
        slope = blocks?.Tangent(point, slope) ?? slope;
        Tensor? products = directions is null ? null : stack([.. Directions().Select(direction => GuardedAutograd.DifferentiablePullback(slope, [leaf], direction)[0] ?? zeros_like(leaf))]);
        Tensor? divergence = Integrands.HasDivergence ? (products! * directions!).sum([0, 2]).unsqueeze(1) : null;
        Tensor value = Integrands.Append(slope, divergence, products);
        return new AutogradOdeLinearization(this, leaf.DetachFromDisposeScope(), value);
    }

    public override string ToString() => $"the module {module.GetName()}";

    public override void Dispose() => blocks?.Dispose();

    private Tensor[] Directions() => directions!.dim() == 2 ? [directions] : directions.unbind();
}
