using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// The augmented right-hand side of built-in dynamics on a product of spheres and a Euclidean space: the tangent part
/// v = u - x (x·u) of the perceptron's u in each sphere (Mathieu and Nickel, Riemannian continuous normalizing flows, 2020).
/// </summary>
/// <remarks>
/// Values, Jacobian products and the trace of ∂u/∂x go forward in closed form; autograd pulls back. The divergence on
/// S^{d-1} is tr ∂u/∂x - xᵀ ∂u/∂x x - (d - 1) x·u, and the covariant derivative of v along a tangent w is the tangent part
/// of ∂u/∂x w, less (x·u) w.
/// </remarks>
internal sealed class ManifoldFlowTerm : FlowTerm, IManagedOdeTerm
{
    private readonly PerceptronFlowTerm _perceptron;
    private readonly ProductManifold _manifold;
    private readonly SphereBlocks _blocks;
    private readonly bool _hasClosedTrace;

    /// <param name="perceptron">u and what is integrated along; it belongs to this term.</param>
    /// <param name="manifold">The manifold.</param>
    public ManifoldFlowTerm(PerceptronFlowTerm perceptron, ProductManifold manifold)
        : base(perceptron.Dimension, perceptron.Integrands)
    {
        _perceptron = perceptron;
        _manifold = manifold;
        _blocks = manifold.BlocksFor(perceptron.One);
        _hasClosedTrace = Integrands.Divergence && !perceptron.EstimatesTrace;
    }

    public override IReadOnlyList<Tensor> Parameters => _perceptron.Parameters;

    ManagedDynamics? IManagedOdeTerm.CreateManagedDynamics(Tensor state) =>
        ManagedFlow.Supports(_perceptron) && ManagedDynamics.Suits(state, Parameters) ? new ManagedManifoldFlow(_perceptron, _manifold) : null;

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
        Tensor value = Augment(time, leaf);
        scope.Detach([leaf, value]);
        return new AutogradFlowLinearization(this, leaf, value);
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
        Tensor? normals = _hasClosedTrace ? point * _blocks.Membership : null;
        Tensor? directions = _perceptron.Directions is { } rows && rows.dim() == 2 ? rows.unsqueeze(0) : _perceptron.Directions;
        Tensor? tangents = directions is null ? null : _blocks.Tangent(point, directions);
        Tensor[] inputs = [.. new[] { normals, tangents }.OfType<Tensor>()];
        (Tensor value, Tensor? products, Tensor? trace) = EvaluatePerceptron(time, point, inputs.Length == 0 ? null : cat(inputs, 0));

        Tensor outward = _blocks.Dot(point, value);
        Tensor slope = value - (point * outward);
        Tensor? derivatives = tangents is null ? null : CovariantDerivatives(point, outward, tangents, products!.narrow(0, normals?.shape[0] ?? 0, tangents.shape[0]));
        Tensor? divergence = null;
        if (_hasClosedTrace)
        {
            Tensor alongNormals = (normals! * products!.narrow(0, 0, normals!.shape[0])).sum([0, 2]).unsqueeze(1);
            divergence = trace! - alongNormals - (point * value).mm(_blocks.Dimensions);
        }
        else if (Integrands.Divergence)
        {
            divergence = (derivatives! * directions!).sum([0, 2]).unsqueeze(1);
        }

        return Assemble(slope, divergence, Penalty(slope, derivatives));
    }

    // u, the products of ∂u/∂x with input tangents, and its trace where that has a closed form.
    private (Tensor Value, Tensor? Products, Tensor? Trace) EvaluatePerceptron(double time, Tensor point, Tensor? tangents)
    {
        FlowDynamics dynamics = _perceptron.Dynamics;
        FlowActivation activation = _perceptron.Activation;
        int count = dynamics.Layers.Count;
        var weights = new Tensor[count];
        var derivatives = new Tensor[count - 1];
        Tensor x = point;
        for (int i = 0; i < count; i++)
        {
            AffineAtTime layer = dynamics.Layers[i].At(time, dynamics.Layers[i].ContextShift(i == 0 ? _perceptron.Context : null));
            weights[i] = layer.Weight;
            x = layer.Shift.addmm(x, layer.Weight);
            tangents = tangents?.matmul(layer.Weight);
            if (i + 1 < count)
            {
                x = activation.Value(x);
                derivatives[i] = activation.Derivative(x);
                tangents = tangents?.mul(derivatives[i]);
            }
        }

        if (!_hasClosedTrace)
        {
            return (x, tangents, null);
        }

        using var form = new TraceForm(weights);
        return (x, tangents, form.Evaluate(derivatives[0], derivatives.ElementAtOrDefault(1)).Trace);
    }

    private Tensor CovariantDerivatives(Tensor point, Tensor outward, Tensor tangents, Tensor products) =>
        _blocks.Tangent(point, products) - (outward * tangents);

    private Tensor? Penalty(Tensor slope, Tensor? derivatives)
    {
        Tensor? kinetic = Integrands.KineticPenalty > 0 ? slope.Squared().sum(1, keepdim: true) * Integrands.KineticPenalty.Held() : null;
        Tensor? jacobian = Integrands.JacobianPenalty > 0 ? derivatives!.Squared().sum([0, 2]).unsqueeze(1) * Integrands.JacobianPenalty.Held() : null;
        return kinetic is null ? jacobian : jacobian is null ? kinetic : kinetic.Plus(jacobian);
    }
}
