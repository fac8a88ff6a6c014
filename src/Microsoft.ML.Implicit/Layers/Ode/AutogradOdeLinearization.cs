using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>f at one point, with vector-Jacobian products by autograd on the graph of one evaluation.</summary>
internal sealed class AutogradOdeLinearization : OdeLinearization
{
    private readonly IDifferentiableOdeTerm _term;
    private readonly IReadOnlyList<Tensor> _parameters;
    private readonly Tensor _leaf;
    private readonly Tensor _output;

    private AutogradOdeLinearization(IDifferentiableOdeTerm term, Tensor leaf, Tensor output)
    {
        _term = term;
        _parameters = term.Parameters;
        _leaf = leaf;
        _output = output;
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
        Tensor output = term.Evaluate(time, leaf);
        return new AutogradOdeLinearization(term, leaf.DetachFromDisposeScope(), output.DetachFromDisposeScope());
    }

    public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        if (!_output.requires_grad)
        {
            return zeros_like(_leaf).MoveToOuterDisposeScope();
        }

        List<Tensor> inputs = [_leaf];
        if (parameterGradient is not null)
        {
            inputs.AddRange(_parameters.Where(p => p.requires_grad));
        }

        Tensor?[] gradients = GuardedAutograd.Pullback([_output], inputs, [cotangent], _term);
        if (parameterGradient is not null)
        {
            FlatGradient.Add(parameterGradient, _parameters, gradients, 1);
        }

        return (gradients[0] ?? zeros_like(_leaf)).MoveToOuterDisposeScope();
    }

    public override string? ToString() => _term.ToString();

    protected override void Dispose(bool disposing)
    {
        _leaf.Dispose();
        _output.Dispose();
        Value.Dispose();
    }
}
