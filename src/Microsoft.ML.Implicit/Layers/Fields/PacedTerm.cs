using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>The dynamics of a field where each row's time runs at a pace of its own: from 0 to 1 a row passes as much time as its pace.</summary>
/// <param name="dynamics">The dynamics; they stay the caller's.</param>
/// <param name="pace">Time from 0 to 1, <c>[batch]</c>, of the state's type.</param>
internal sealed class PacedTerm(FieldDynamics dynamics, Tensor pace) : ISparseOdeTerm
{
    public IReadOnlyList<Tensor> Parameters => dynamics.Parameters;

    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor paces = pace.view([-1, .. Enumerable.Repeat(1L, (int)state.dim() - 1)]);
        return (dynamics.Evaluate(time, state) * paces).MoveToOuterDisposeScope();
    }

    public OdeLinearization Linearize(double time, Tensor state) => AutogradOdeLinearization.Create(this, time, state);

    public SparsityPattern? Sparsity(Tensor state) => dynamics.Sparsity(state);
}
