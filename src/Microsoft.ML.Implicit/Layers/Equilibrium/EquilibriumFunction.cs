using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// z − f(z, x), whose root is the equilibrium. Its inputs are the injection's tensors, those of the rows first, and the parameters of
/// the cell, which the cell uses by itself.
/// </summary>
internal sealed class EquilibriumFunction : IDifferentiableFunction
{
    private readonly EquilibriumCell _cell;
    private readonly int _rowCount;
    private readonly int _sharedCount;

    public EquilibriumFunction(EquilibriumCell cell, Injection injection)
    {
        _cell = cell;
        _rowCount = injection.Rows.Count;
        _sharedCount = injection.Shared.Count;
    }

    public static IReadOnlyList<Tensor> Inputs(EquilibriumCell cell, Injection injection) => [.. injection.Rows, .. injection.Shared, .. cell.parameters()];

    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs) => z - _cell.IterateChecked(z, InjectionOf(inputs));

    public Linearization Linearize(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        CellLinearization? closedForm = _cell.Linearize(z, InjectionOf(inputs).Detach());
        return closedForm is null ? AutogradLinearization.Create(this, z, inputs) : new EquilibriumLinearization(this, closedForm, z, () => AutogradLinearization.Create(this, z, inputs), _cell.CanSelectRows);
    }

    public override string ToString() => $"the cell {_cell.GetName()}";

    private Injection InjectionOf(IReadOnlyList<Tensor> inputs) =>
        new([.. inputs.Take(_rowCount)], [.. inputs.Skip(_rowCount).Take(_sharedCount)]);
}
