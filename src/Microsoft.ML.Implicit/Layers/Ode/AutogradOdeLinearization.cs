using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// f at one point, with vector-Jacobian products by autograd on the graph of one evaluation. The value may have more columns than the
/// leaf that it was computed from: integrals, which f does not depend on.
/// </summary>
internal sealed class AutogradOdeLinearization : OdeLinearization
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly IReadOnlyList<Tensor> _parameters;
    private readonly Tensor _leaf;
    private readonly Tensor _output;
    private (Tensor Cotangent, Tensor Product)? _pullback;

    /// <param name="term">f.</param>
    /// <param name="leaf">z without its integrals. It belongs to this object.</param>
    /// <param name="output">The value with its graph; not kept, since what a module returns may be its own.</param>
    public AutogradOdeLinearization(IDifferentiableOdeTerm term, Tensor leaf, Tensor output)
    {
        _term = term;
        _parameters = term.Parameters;
        _leaf = leaf;
        _output = output.alias().DetachFromDisposeScope();
        Value = output.detach().DetachFromDisposeScope();
    }

    public override Tensor Value { get; }

    /// <summary>Evaluates f(t, z), whose operations autograd follows.</summary>
    /// <param name="term">f.</param>
    /// <param name="time">t.</param>
    /// <param name="state">z.</param>
    public static AutogradOdeLinearization Create(IDifferentiableOdeTerm term, double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable grad = enable_grad();
        Tensor leaf = state.detach().requires_grad_();
        return new AutogradOdeLinearization(term, leaf.DetachFromDisposeScope(), term.Evaluate(time, leaf));
    }

    public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        if (!_output.requires_grad)
        {
            return zeros_like(_output).MoveToOuterDisposeScope();
        }

        List<Tensor> inputs = [_leaf];
        if (parameterGradient is not null)
        {
            inputs.AddRange(_parameters.Where(p => p.requires_grad));
        }

        Tensor?[] gradients = GuardedAutograd.Pullback([_output], inputs, [cotangent], _term, retainGraph: parameterGradient is null);
        if (parameterGradient is not null)
        {
            FlatGradient.Add(parameterGradient, _parameters, gradients, 1);
        }

        return WithIntegrals(gradients[0] ?? zeros_like(_leaf)).MoveToOuterDisposeScope();
    }

    /// <summary>The pullback u ↦ uᵀ ∂f/∂z is linear in u, so that its own pullback is the pushforward.</summary>
    public override Tensor Pushforward(Tensor tangent)
    {
        using DisposeScope scope = NewDisposeScope();
        _pullback ??= CreatePullback();
        (Tensor cotangent, Tensor product) = _pullback.Value;
        Tensor? result = product.requires_grad ? GuardedAutograd.Pullback([product], [cotangent], [WithoutIntegrals(tangent)], _term, retainGraph: true)[0] : null;
        return (result ?? zeros_like(tangent)).MoveToOuterDisposeScope();
    }

    public override string? ToString() => _term.ToString();

    protected override void Dispose(bool disposing)
    {
        _leaf.Dispose();
        _output.Dispose();
        Value.Dispose();
        _pullback?.Cotangent.Dispose();
        _pullback?.Product.Dispose();
    }

    private Tensor WithIntegrals(Tensor state) =>
        state.shape.SequenceEqual(_output.shape) ? state : cat([state, zeros_like(_output.narrow(-1, 0, _output.shape[^1] - state.shape[^1]))], -1);

    private Tensor WithoutIntegrals(Tensor state) => state.shape.SequenceEqual(_leaf.shape) ? state : state.narrow(-1, 0, _leaf.shape[^1]);

    private (Tensor Cotangent, Tensor Product) CreatePullback()
    {
        using IDisposable graph = enable_grad();
        Tensor cotangent = zeros_like(_output).detach().requires_grad_();
        Tensor product = GuardedAutograd.DifferentiablePullback(_output, [_leaf], cotangent)[0] ?? zeros_like(_leaf);
        return (cotangent.DetachFromDisposeScope(), product.DetachFromDisposeScope());
    }
}
