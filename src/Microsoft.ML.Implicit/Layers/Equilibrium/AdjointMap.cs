using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>u ↦ w + uᵀ ∂f/∂z, whose fixed point is the implicit gradient with respect to f(z*).</summary>
internal sealed class AdjointMap(EquilibriumCell cell, CellLinearization linearization, Tensor gradient) : IFixedPointMap
{
    public Tensor Evaluate(Tensor z) => TensorContract.Require(linearization.VectorJacobianProduct(z), z, this, " from its vector-Jacobian product").PlusInPlace(gradient);

    public IFixedPointMap SelectRows(Tensor rows) => new AdjointMap(cell, linearization.SelectRows(rows), gradient.index_select(0, rows));

    public override string ToString() => $"the cell {cell.GetName()}";
}
