using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>The transposed Jacobian (∂f/∂z)ᵀ of a cell at one state, as a linear operator on each row.</summary>
public abstract class CellLinearization
{
    /// <summary>Applies the operator.</summary>
    /// <param name="vector">[rows, ...] in the shape of the state; never to be written to.</param>
    /// <returns>vectorᵀ ∂f/∂z, of the same shape; the caller may write to it.</returns>
    public abstract Tensor VectorJacobianProduct(Tensor vector);

    /// <summary>Restricts the operator to some rows.</summary>
    /// <param name="rows">Indices, int64 [count].</param>
    public abstract CellLinearization SelectRows(Tensor rows);
}
