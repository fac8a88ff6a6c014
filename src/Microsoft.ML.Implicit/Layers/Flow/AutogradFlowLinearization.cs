using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>An evaluation of a <see cref="FlowTerm"/> within autograd, pulled back by it.</summary>
/// <param name="term">The term.</param>
/// <param name="leaf">The state without integrals, which the evaluation started from. Owned by this object.</param>
/// <param name="output">The augmented right-hand side with its graph. Owned by this object.</param>
internal sealed class AutogradFlowLinearization(FlowTerm term, Tensor leaf, Tensor output) : OdeLinearization
{
    public override Tensor Value { get; } = output.detach().DetachFromDisposeScope();

    public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> inputs = [leaf];
        if (parameterGradient is not null)
        {
            inputs.AddRange(term.Parameters.Where(p => p.requires_grad));
        }

        Tensor?[]? gradients = output.requires_grad ? GuardedAutograd.Pullback([output], inputs, [cotangent], term, retainGraph: parameterGradient is null) : null;
        if (parameterGradient is not null && gradients is not null)
        {
            FlatGradient.Add(parameterGradient, term.Parameters, gradients, 1);
        }

        Tensor state = gradients?[0] ?? zeros_like(leaf);
        Tensor result = term.Integrands.Count == 0 ? state : cat([state, zeros([state.shape[0], term.Integrands.Count], state.dtype, state.device)], 1);
        return result.MoveToOuterDisposeScope();
    }

    public override string? ToString() => term.ToString();

    protected override void Dispose(bool disposing)
    {
        leaf.Dispose();
        output.Dispose();
        Value.Dispose();
    }
}
