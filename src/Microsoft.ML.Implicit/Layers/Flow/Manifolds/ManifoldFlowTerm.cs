using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow.Manifolds;

/// <summary>
/// The augmented right-hand side of built-in dynamics on a product of spheres and a Euclidean space: the tangent part
/// v = u - x (x·u) of the perceptron's u in each sphere (Mathieu and Nickel, Riemannian continuous normalizing flows, 2020).
/// </summary>
/// <remarks>
/// Values, Jacobian products and the trace of ∂u/∂x go forward in closed form; autograd pulls back. The divergence on
/// S^{d-1} is tr ∂u/∂x - xᵀ ∂u/∂x x - (d - 1) x·u, and the covariant derivative of v along a tangent w is the tangent part
/// of ∂u/∂x w, less (x·u) w.
/// </remarks>
internal sealed class ManifoldFlowTerm : AugmentedTerm, IManagedOdeTerm
{
    private readonly PerceptronTerm _perceptron;
    private readonly ProductManifold _manifold;
    private readonly SphereBlocks _blocks;

    /// <param name="perceptron">u and what is integrated along; it belongs to this term.</param>
    /// <param name="manifold">The manifold.</param>
    public ManifoldFlowTerm(PerceptronTerm perceptron, ProductManifold manifold)
        : base(perceptron.Dimension, perceptron.Integrands)
    {
        _perceptron = perceptron;
        _manifold = manifold;
        _blocks = manifold.BlocksFor(perceptron.Parameters[0]);
    }

    public override IReadOnlyList<Tensor> Parameters => _perceptron.Parameters;

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state) =>
        ManagedAugmentedDynamics.Suits(_perceptron, state) ? new ManagedManifoldFlow(_perceptron, _manifold) : null;

    public override Tensor Evaluate(double time, Tensor state)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return Augment(time, state.narrow(1, 0, Dimension)).MoveToOuterDisposeScope();
    }

    public override OdeLinearization Linearize(double time, Tensor state)
    {
        using IDisposable grad = enable_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = state.narrow(1, 0, Dimension).detach().requires_grad_();
        return new AutogradOdeLinearization(this, leaf.DetachFromDisposeScope(), Augment(time, leaf));
    }

    public override void FinishGradient(Tensor parameterGradient) => _perceptron.FinishGradient(parameterGradient);

    public override void Dispose()
    {
        _blocks.Dispose();
        _perceptron.Dispose();
    }

    private Tensor Augment(double time, Tensor state)
    {
        Tensor point = _blocks.Normalize(state);
        Tensor? normals = _perceptron.HasClosedTrace ? point * _blocks.Membership : null;
        Tensor? directions = _perceptron.Directions is { } rows && rows.dim() == 2 ? rows.unsqueeze(0) : _perceptron.Directions;
        Tensor? tangents = directions is null ? null : _blocks.Tangent(point, directions);
        Tensor[] inputs = [.. new[] { normals, tangents }.OfType<Tensor>()];
        (Tensor value, Tensor? products, Tensor? trace) = EvaluatePerceptron(time, point, inputs.Length == 0 ? null : cat(inputs, 0));

        Tensor outward = _blocks.Dot(point, value);
        Tensor slope = value - (point * outward);
        Tensor? derivatives = tangents is null ? null : CovariantDerivatives(point, outward, tangents, products!.narrow(0, normals?.shape[0] ?? 0, tangents.shape[0]));
        Tensor? divergence = null;
        if (_perceptron.HasClosedTrace)
        {
            Tensor alongNormals = (normals! * products!.narrow(0, 0, normals!.shape[0])).sum([0, 2]).unsqueeze(1);
            divergence = trace! - alongNormals - (point * value).mm(_blocks.Dimensions);
        }
        else if (Integrands.HasDivergence)
        {
            divergence = (derivatives! * directions!).sum([0, 2]).unsqueeze(1);
        }

        return Integrands.Append(slope, divergence, derivatives);
    }

    // u, the products of ∂u/∂x with input tangents, and its trace where that has a closed form. What stays the same during a solve is computed
    // anew, where autograd follows it.
    private (Tensor Value, Tensor? Products, Tensor? Trace) EvaluatePerceptron(double time, Tensor point, Tensor? tangents)
    {
        using var term = new PerceptronTerm(_perceptron.Dynamics, _perceptron.HasClosedTrace ? Integrands.Divergence : Integrands.None, context: _perceptron.Context);
        using var evaluation = new PerceptronEvaluation(term, time, point, tangents, term.HasClosedTrace);
        return (evaluation.Value.alias(), evaluation.Tangents?.alias(), evaluation.Trace?.alias());
    }

    private Tensor CovariantDerivatives(Tensor point, Tensor outward, Tensor tangents, Tensor products) =>
        _blocks.Tangent(point, products) - (outward * tangents);
}
