using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>z ↦ f(z, x) for a fixed x.</summary>
internal sealed class CellMap(EquilibriumCell cell, Injection injection) : IManagedFixedPointMap
{
    public Tensor Evaluate(Tensor z) => cell.Iterate(z, injection);

    public IFixedPointMap? SelectRows(Tensor rows) => cell.CanSelectRows ? new CellMap(cell, injection.SelectRows(rows)) : null;

    public ManagedBatchMap? CreateManaged(Tensor initial) => cell.CreateManagedMap(injection, initial);

    public override string ToString() => $"the cell {cell.GetName()}";
}
