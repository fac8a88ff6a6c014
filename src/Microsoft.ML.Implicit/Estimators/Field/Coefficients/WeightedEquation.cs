using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A field's equation whose rows have weights and paces of their own, so that one solve tells what each weight changes.</summary>
/// <param name="dynamics">The equation.</param>
/// <param name="open">Its terms that are weighted sums.</param>
/// <param name="places">Which of all those fields are summed; the others have no weight.</param>
/// <param name="weights">[batch, places].</param>
/// <param name="paces">Time from 0 to 1, [batch].</param>
internal sealed class WeightedEquation(FieldDynamics dynamics, IReadOnlyList<FieldTerm> open, IReadOnlyList<int> places, Tensor weights, Tensor paces) : ISparseOdeTerm
{
    private readonly FieldTerm[] _given = [.. dynamics.Terms.Except(open)];

    public IReadOnlyList<Tensor> Parameters => [];

    public Tensor Evaluate(double time, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        FieldState at = dynamics.StateOf(state);
        Tensor rate = places.Count == 0 ? zeros_like(state) : Columns(at).view(state.shape[0], -1, places.Count).bmm(weights.unsqueeze(-1)).view(state.shape);
        rate = _given.Aggregate(rate, (sum, term) => sum.Plus(term.forward(at)));
        return (rate * paces.view([-1, .. Enumerable.Repeat(1L, (int)state.dim() - 1)])).MoveToOuterDisposeScope();
    }

    public OdeLinearization Linearize(double time, Tensor state) => AutogradOdeLinearization.Create(this, time, state);

    public SparsityPattern? Sparsity(Tensor state) => dynamics.Sparsity(state);

    private Tensor Columns(FieldState at)
    {
        Tensor[] all = [.. open.SelectMany(term => term.Basis(at))];
        return stack([.. places.Select(place => all[place])], -1);
    }
}
