using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>I − ∂f/∂z with the cell's own transposed products; all else is by autograd, once it is asked for.</summary>
internal sealed class EquilibriumLinearization : Linearization
{
    private readonly object _source;
    private readonly CellLinearization _closedForm;
    private readonly Tensor _state;
    private readonly Func<Linearization> _byAutograd;
    private readonly bool _canSelectRows;
    private Linearization? _general;

    /// <param name="source">What is linearised, for messages.</param>
    /// <param name="closedForm">The cell's products.</param>
    /// <param name="state">Where, <c>[rows, ...]</c>.</param>
    /// <param name="byAutograd">Linearises by autograd.</param>
    /// <param name="canSelectRows">Whether the closed form can be restricted to some rows.</param>
    public EquilibriumLinearization(object source, CellLinearization closedForm, Tensor state, Func<Linearization> byAutograd, bool canSelectRows)
        : base(state)
    {
        _source = source;
        _closedForm = closedForm;
        _state = state;
        _byAutograd = byAutograd;
        _canSelectRows = canSelectRows;
    }

    public override Tensor Value => General.Value;

    private Linearization General => _general ??= _byAutograd();

    public override Tensor Apply(Tensor vector) => General.Apply(vector);

    public override Tensor ApplyTransposed(Tensor vector) => ApplyComplementTransposed(vector).neg_().PlusInPlace(vector);

    internal override Tensor ApplyComplementTransposed(Tensor vector)
    {
        Tensor shaped = vector.view(_state.shape);
        return TensorContract.Require(_closedForm.VectorJacobianProduct(shaped), shaped, _source, " from its vector-Jacobian product").view(vector.shape);
    }

    public override IReadOnlyList<Tensor?> PullbackInputs(Tensor cotangent) => General.PullbackInputs(cotangent);

    public override RowOperator? SelectRows(Tensor rows) => _canSelectRows ? new EquilibriumLinearization(
        _source,
        _closedForm.SelectRows(rows),
        _state.index_select(0, rows),
        () => throw new NotSupportedException("Some rows of a closed form have transposed products alone."),
        _canSelectRows) : null;
}
